"""Local clips and sound, from a node's sockets to files that the API takes. Blocking: runs in a thread, and stops at `check`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl

from ..wan27.media.clip import probe
from ..wan27.media.encode_sound import encode_sound
from ..wan27.media.identity import identity_of_file, identity_of_frames, identity_of_sound
from ..wan27.media.prepare_clip import prepare_clip, prepare_frames, reason_to_encode
from ..wan27.medium import Recording
from ..wan27.session import Session

_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".wav": "audio/wav", ".mp3": "audio/mpeg"}


def sound(audio: Any, session: Session, check: Callable[[], None]) -> Recording:
    """AUDIO as wav, or as mp3 where that is too large."""
    session.uploader.refuse_file("driving_audio")
    path = encode_sound(audio, "driving_audio", session.scratch, check)
    seconds = audio["waveform"].shape[-1] / audio["sample_rate"]
    return Recording(path, _TYPES[path.suffix], seconds, identity_of_sound(audio))


def video(given: Any, session: Session, check: Callable[[], None]) -> Recording:
    """VIDEO as the file that it is where the API takes that as it is, else encoded once, its trim kept to the frame."""
    if isinstance(given, InputImpl.VideoFromComponents):
        parts = given.get_components()
        return frames(parts.images, float(parts.frame_rate), parts.audio, "first_clip", session, check)
    source = _file_of(given, session.scratch)
    start, duration = given.get_active_trim_window()
    if reason_to_encode(source, start_seconds=start, duration_seconds=duration):
        session.uploader.refuse_file("first_clip")
    target = session.scratch / "first_clip.mp4"
    path = prepare_clip(source, target, check, start_seconds=start, duration_seconds=duration)
    return Recording(path, _TYPES.get(path.suffix, "video/mp4"), probe(path).seconds, identity_of_file(source, start, duration, check))


def frames(images: Any, fps: float, audio: Any, name: str, session: Session, check: Callable[[], None]) -> Recording:
    """IMAGE frames, and their sound where there is one, as mp4."""
    session.uploader.refuse_file("first_clip")
    path = prepare_frames(images, fps, audio, session.scratch / "first_clip.mp4", check, name=name)
    return Recording(path, "video/mp4", probe(path).seconds, identity_of_frames(images, fps, audio, check))


def _file_of(given: Any, scratch: Path) -> Path:
    source = given.get_stream_source()
    if isinstance(source, str):
        return Path(source)
    path = scratch / "source"
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path
