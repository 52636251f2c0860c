"""The six outputs of a node, from a finished task."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl, io, ui
from comfy_execution.graph import ExecutionBlocker

from ..wan27.collect import Result
from ..wan27.media.decode.frames import decode_frames as decode_all_frames
from ..wan27.media.decode.frames import decode_last_frame
from ..wan27.media.decode.sound import decode_audio
from ..wan27.session import Phase, Progress, Session
from .folders import VIDEOS, videos_folder


async def finished(result: Result, session: Session, *, decode_frames: bool) -> io.NodeOutput:
    """Return all outputs, decoded in a thread: other nodes poll on this event loop.

    Without `decode_frames` the output `frames` is blocked, so that no tensor is made.
    """
    session.report(Progress(Phase.DECODING, time.time(), task_id=result.task_id))
    frames, audio, fps, last_frame = await session.in_thread(
        lambda check: _decode(result, check, decode_frames=decode_frames)
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


def submitted(task_id: str) -> io.NodeOutput:
    """Return the task id alone; the other outputs are blocked without an error."""
    blocked = [ExecutionBlocker(None)] * 5
    return io.NodeOutput(*blocked, task_id)


def _preview(path: Path) -> ui.PreviewVideo | dict[str, Any]:
    """Return the video player of the node; no player if the output folder has been moved since."""
    if path.parent != videos_folder():
        # ComfyUI reads every item of a list by the keys of the first one.
        return {"images": [], "animated": (True,)}
    return ui.PreviewVideo([ui.SavedResult(path.name, VIDEOS, io.FolderType.output)])


def _decode(
    result: Result, check: Callable[[], None], *, decode_frames: bool
) -> tuple[Any, Any, float, Any]:
    clip, thumbnail = result.clip, result.thumbnail
    fps, audio = float(clip.fps), decode_audio(clip, check)
    if not decode_frames:
        return ExecutionBlocker(None), audio, fps, decode_last_frame(clip, check, thumbnail)
    frames = decode_all_frames(clip, check, thumbnail)
    # A view would keep all frames in memory for as long as a node keeps the last one.
    return frames, audio, fps, frames[-1:].clone()
