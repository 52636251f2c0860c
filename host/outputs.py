"""The six outputs of a node, from a finished task."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl, io, ui
from comfy_execution.graph import ExecutionBlocker

from ..wan27.collect import Result
from ..wan27.errors import InvalidVideo, JournalFailed, NotEnoughMemory
from ..wan27.journal.states import State
from ..wan27.media.decode.frames import decode_frames as decode_all_frames
from ..wan27.media.decode.frames import decode_last_frame
from ..wan27.media.decode.sound import decode_audio
from ..wan27.media.read.damage import Damage
from ..wan27.session import Phase, Progress, Session
from .folders import VIDEOS, videos_folder

# As `ui.PreviewVideo` has it; all items of a list have the same keys, by which ComfyUI reads them.
_NO_PREVIEW: dict[str, Any] = {"images": [], "animated": (True,)}


async def finished(result: Result, session: Session, *, decode_frames: bool) -> io.NodeOutput:
    """Return all outputs, decoded in a thread: other nodes poll on this event loop.

    Without `decode_frames` the output `frames` is blocked, so that no tensor is made. What cannot
    be decoded takes no other output away, and a notice says what it is: the video was paid for.
    """
    session.report(Progress(Phase.DECODING, time.time(), task_id=result.task_id))
    clip = result.clip
    damage = Damage(skipped_frames=clip.skipped_frames, missing_frames=clip.missing_frames)
    decoded = await session.in_thread(
        lambda check: _decode(result, damage, check, decode_frames=decode_frames)
    )
    notices = (*damage.notices(), *_troubles(decoded))
    if notices:
        session.report(
            Progress(Phase.DECODING, time.time(), task_id=result.task_id, notices=notices)
        )
    return io.NodeOutput(
        decoded["frames"],
        decoded["audio"],
        float(clip.fps),
        InputImpl.VideoFromFile(str(result.path)),
        decoded["last_frame"],
        result.task_id,
        ui=_preview(result.path) | await _facts(result.task_id, session, result.path),
    )


def lacks_one(output: io.NodeOutput) -> bool:
    """Return True where an output could not be decoded; there may be more memory at a later Run."""
    return any(isinstance(value, ExecutionBlocker) and value.message for value in output.args)


async def submitted(task_id: str, session: Session) -> io.NodeOutput:
    """Return the task id alone; the other outputs are blocked without an error."""
    blocked = [ExecutionBlocker(None)] * 5
    return io.NodeOutput(*blocked, task_id, ui=_NO_PREVIEW | await _facts(task_id, session))


def _preview(path: Path) -> dict[str, Any]:
    """Return the video player of the node; no player if the output folder has been moved since."""
    if path.parent != videos_folder():
        return _NO_PREVIEW
    file = ui.SavedResult(path.name, VIDEOS, io.FolderType.output)
    return _NO_PREVIEW | {"images": [file]}


async def _facts(task_id: str, session: Session, path: Path | None = None) -> dict[str, list[str]]:
    """Return what a program reads in the prompt's history, "" for what is not known.

    Texts, because ComfyUI counts every object in the lists of a node as a file that it made.
    """
    try:
        host = session.account.host_id
        entry = await session.in_thread(lambda _: session.journal.find_task(host, task_id))
    except JournalFailed:  # the video was paid for and is there
        entry = None
    if path is None and entry and entry.path:
        path = session.output / entry.path
    state = State.FINISHED if path else entry.state if entry else State.RUNNING
    return {
        "wan27_task_id": [task_id],
        "wan27_state": [state.value],
        "wan27_cost": [entry.cost.stored if entry and entry.cost else ""],
        "wan27_file": [str(session.stored_path(path) or path) if path else ""],
    }


def _decode(
    result: Result, damage: Damage, check: Callable[[], None], *, decode_frames: bool
) -> dict[str, Any]:
    """Return the outputs that are decoded, by name."""
    clip, thumbnail = result.clip, result.thumbnail
    audio = _or_blocked("audio", lambda: decode_audio(clip, check, damage))
    frames = ExecutionBlocker(None)
    if decode_frames:
        frames = _or_blocked("frames", lambda: decode_all_frames(clip, check, thumbnail, damage))
    if isinstance(frames, ExecutionBlocker):
        last_frame = _or_blocked(
            "last_frame", lambda: decode_last_frame(clip, check, thumbnail, damage)
        )
    else:
        # A view would keep all frames in memory for as long as a node keeps the last one.
        last_frame = frames[-1:].clone()
    return {"audio": audio, "frames": frames, "last_frame": last_frame}


def _or_blocked(name: str, decode: Callable[[], Any]) -> Any:
    """Return the value of an output; an error for those who use it where it cannot be decoded."""
    try:
        return decode()
    except (InvalidVideo, NotEnoughMemory) as error:
        return ExecutionBlocker(f"{name} has no value: {error} The video output is not affected.")


def _troubles(decoded: dict[str, Any]) -> list[str]:
    blocked = [value for value in decoded.values() if isinstance(value, ExecutionBlocker)]
    return list(dict.fromkeys(each.message for each in blocked if each.message))
