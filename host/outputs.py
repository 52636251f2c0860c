"""From a finished task to a node's six outputs.

Decoding runs in a thread: other nodes, and their polls, live on the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl, io, ui
from comfy_execution.graph import ExecutionBlocker

from ..wan27.collect import Result
from ..wan27.media.decode.frames import decode_frames, decode_last_frame
from ..wan27.media.decode.sound import decode_audio
from ..wan27.session import Progress, Session
from .folders import VIDEOS, videos_folder


async def finished(result: Result, session: Session, *, with_frames: bool) -> io.NodeOutput:
    """All outputs.

    Without frames that output is blocked: nothing behind it runs, and no tensor is made.
    """
    session.report(Progress("decoding", time.time(), task_id=result.task_id))
    frames, audio, fps, last_frame = await session.in_thread(
        lambda check: _decode(result, check, with_frames=with_frames)
    )
    return io.NodeOutput(
        frames,
        audio,
        fps,
        InputImpl.VideoFromFile(str(result.path)),
        last_frame,
        result.task_id,
        ui=_preview(result.path),
    )


def _preview(path: Path) -> ui.PreviewVideo | dict[str, Any]:
    """The player on the node.

    A video from before the output folder was moved is out of the page's reach.
    """
    if path.parent != videos_folder():
        return {}
    return ui.PreviewVideo([ui.SavedResult(path.name, VIDEOS, io.FolderType.output)])


def submitted(task_id: str) -> io.NodeOutput:
    """The task id alone; every other output is blocked, silently, since nothing went wrong."""
    blocked = [ExecutionBlocker(None)] * 5
    return io.NodeOutput(*blocked, task_id)


def _decode(
    result: Result, check: Callable[[], None], *, with_frames: bool
) -> tuple[Any, Any, float, Any]:
    clip, thumbnail = result.clip, result.thumbnail
    fps, audio = float(clip.fps), decode_audio(clip, check)
    if not with_frames:
        return ExecutionBlocker(None), audio, fps, decode_last_frame(clip, check, thumbnail)
    frames = decode_frames(clip, check, thumbnail)
    # A copy: a view would keep gigabytes of frames alive for as long as anything downstream holds
    # the last one.
    return frames, audio, fps, frames[-1:].clone()
