"""From a node's sockets to the media of a job. Raises `InvalidInput` before anything is sent. Runs in a thread, and stops at `check`: encoding takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wan27.errors import InvalidInput
from ..wan27.media.image import encode_picture
from ..wan27.medium import Link, Medium
from ..wan27.session import Session
from . import recordings

_CLIP_INPUTS = ("first_clip", "clip_frames", "first_clip_url")


def pictures(
    first_frame: Any, last_frame: Any, driving_audio: Any, driving_audio_url: str, session: Session, check: Callable[[], None]
) -> dict[str, Medium]:
    """The media of the two nodes that begin with a picture."""
    media: dict[str, Medium] = {"first_frame": _picture("first_frame", first_frame, session)}
    if last_frame is not None:
        media["last_frame"] = _picture("last_frame", last_frame, session)
    if driving_audio is not None and driving_audio_url.strip():
        raise InvalidInput("driving_audio", "came in two ways; give driving_audio or driving_audio_url, not both.")
    if driving_audio_url.strip():
        media["driving_audio"] = Link(driving_audio_url.strip())
    elif driving_audio is not None:
        media["driving_audio"] = recordings.sound(driving_audio, session, check)
    return media


def clip(
    first_clip: Any, clip_frames: Any, clip_fps: float, first_clip_url: str, last_frame: Any, session: Session, check: Callable[[], None]
) -> dict[str, Medium]:
    """The media of the node that continues a clip, which must come in exactly one of three ways."""
    ways = zip(_CLIP_INPUTS, (first_clip, clip_frames, first_clip_url.strip() or None), strict=True)
    given = [name for name, value in ways if value is not None]
    if len(given) != 1:
        said = f"came in {len(given)} ways ({', '.join(given)})" if given else "is missing"
        raise InvalidInput("first_clip", f"{said}; give exactly one of {', '.join(_CLIP_INPUTS)}.")
    media: dict[str, Medium] = {}
    if last_frame is not None:
        media["last_frame"] = _picture("last_frame", last_frame, session)
    if given == ["first_clip_url"]:
        media["first_clip"] = Link(first_clip_url.strip())
    elif given == ["first_clip"]:
        media["first_clip"] = recordings.video(first_clip, session, check)
    else:
        media["first_clip"] = recordings.frames(clip_frames, clip_fps, None, "clip_frames", session, check)
    return media


def _picture(name: str, image: Any, session: Session) -> Medium:
    return encode_picture(image, name, session.uploader.picture_bytes, allow_jpeg=session.allow_jpeg)
