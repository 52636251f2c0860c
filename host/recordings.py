"""Local clips and sound, from a node's sockets to recordings of a job: checked and named now, encoded once the request is known to be new.

Blocking: runs in a thread, and stops at `check`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl

from ..wan27.media.encode_sound import check_sound, encode_sound
from ..wan27.media.identity import identity_of_file, identity_of_frames, identity_of_sound
from ..wan27.media.prepare_clip import check_frames, check_source, prepare_clip, prepare_frames
from ..wan27.media.small import small_copy, small_copy_of_clip
from ..wan27.medium import Recording
from ..wan27.session import Session
from .trim import trim_of


def sound(audio: Any, session: Session, check: Callable[[], None]) -> Recording:
    """AUDIO as wav, or as mp3 where that is too large."""
    return Recording(
        make=lambda check: encode_sound(audio, "driving_audio", session.scratch, check),
        seconds=check_sound(audio, "driving_audio"),
        sha256=identity_of_sound(audio, check),
    )


def video(given: Any, session: Session, check: Callable[[], None]) -> Recording:
    """VIDEO as the file that it is where the API takes that as it is, else encoded once, its trim kept to the frame."""
    if isinstance(given, InputImpl.VideoFromComponents):
        parts = given.get_components()
        return frames(parts.images, float(parts.frame_rate), parts.audio, "first_clip", session, check)
    source = _file_of(given, session.scratch)
    start, duration = trim_of(given)
    seconds, as_it_is = check_source(source, check, start_seconds=start, duration_seconds=duration)
    target = session.scratch / "first_clip.mp4"
    return Recording(
        make=lambda check: prepare_clip(source, target, check, start_seconds=start, duration_seconds=duration),
        seconds=seconds,
        sha256=identity_of_file(source, start, duration, check),
        original=source if as_it_is else None,
        small=small_copy_of_clip(source, start, check),
    )


def frames(images: Any, fps: float, audio: Any, name: str, session: Session, check: Callable[[], None]) -> Recording:
    """IMAGE frames, and their sound where there is one, as mp4."""
    target = session.scratch / "first_clip.mp4"
    return Recording(
        make=lambda check: prepare_frames(images, fps, audio, target, check, name=name),
        seconds=check_frames(images, fps, name),
        small=small_copy(images, name),  # before the content is hashed: it says what is no IMAGE
        sha256=identity_of_frames(images, fps, audio, check),
    )


def _file_of(given: Any, scratch: Path) -> Path:
    source = given.get_stream_source()
    if isinstance(source, str):
        return Path(source)
    path = scratch / "source"
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path
