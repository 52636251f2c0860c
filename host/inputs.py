"""From a node's sockets to the media of a job.

Raises `InvalidInput` before anything is sent. Runs in a thread, and stops at `check`: encoding
takes a while.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl

from ..wan27.errors import InvalidInput
from ..wan27.media.encode.content_hash import (
    hash_of_file,
    hash_of_frames,
    hash_of_sound,
)
from ..wan27.media.encode.image import encode_image
from ..wan27.media.encode.prepare import check_frames, check_source, prepare_clip, prepare_frames
from ..wan27.media.encode.sound import check_sound, encode_sound
from ..wan27.media.encode.thumbnail import thumbnail_of_clip, thumbnail_of_frames
from ..wan27.medium import DeferredMedia, Link, Medium
from ..wan27.session import Session

_CLIP_INPUTS = ("first_clip", "clip_frames", "first_clip_url")


def pictures(
    first_frame: Any,
    last_frame: Any,
    driving_audio: Any,
    driving_audio_url: str,
    session: Session,
    check: Callable[[], None],
) -> dict[str, Medium]:
    """The media of the two nodes that begin with a picture."""
    media: dict[str, Medium] = {"first_frame": _picture("first_frame", first_frame, session)}
    if last_frame is not None:
        media["last_frame"] = _picture("last_frame", last_frame, session)
    if driving_audio is not None and driving_audio_url.strip():
        raise InvalidInput(
            "driving_audio", "came in two ways; give driving_audio or driving_audio_url, not both."
        )
    if driving_audio_url.strip():
        media["driving_audio"] = Link(driving_audio_url.strip())
    elif driving_audio is not None:
        media["driving_audio"] = sound(driving_audio, session, check)
    return media


def clip(
    first_clip: Any,
    clip_frames: Any,
    clip_fps: float,
    first_clip_url: str,
    last_frame: Any,
    session: Session,
    check: Callable[[], None],
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
        media["first_clip"] = video(first_clip, session, check)
    else:
        media["first_clip"] = frames(clip_frames, clip_fps, None, "clip_frames", session, check)
    return media


def _picture(name: str, image: Any, session: Session) -> Medium:
    return encode_image(
        image, name, session.uploader.max_image_bytes, allow_jpeg=session.allow_jpeg
    )


def sound(audio: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """AUDIO as wav, or as mp3 where that is too large."""
    return DeferredMedia(
        make=lambda check: encode_sound(audio, "driving_audio", session.scratch, check),
        seconds=check_sound(audio, "driving_audio"),
        content_hash=hash_of_sound(audio, check),
    )


def video(given: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """VIDEO as the file that it is where the API takes that as it is, else encoded once, its trim kept to the frame."""
    if isinstance(given, InputImpl.VideoFromComponents):
        parts = given.get_components()
        return frames(
            parts.images, float(parts.frame_rate), parts.audio, "first_clip", session, check
        )
    source = _file_of(given, session.scratch)
    start, duration = trim_of(given)
    seconds, as_it_is = check_source(source, check, start_seconds=start, duration_seconds=duration)
    target = session.scratch / "first_clip.mp4"
    return DeferredMedia(
        make=lambda check: prepare_clip(
            source, target, check, start_seconds=start, duration_seconds=duration
        ),
        seconds=seconds,
        content_hash=hash_of_file(source, start, duration, check),
        original=source if as_it_is else None,
        thumbnail=thumbnail_of_clip(source, start, check),
    )


def frames(
    images: Any, fps: float, audio: Any, name: str, session: Session, check: Callable[[], None]
) -> DeferredMedia:
    """IMAGE frames, and their sound where there is one, as mp4."""
    target = session.scratch / "first_clip.mp4"
    return DeferredMedia(
        make=lambda check: prepare_frames(images, fps, audio, target, check, name=name),
        seconds=check_frames(images, fps, name),
        thumbnail=thumbnail_of_frames(
            images, name
        ),  # before the content is hashed: it says what is no IMAGE
        content_hash=hash_of_frames(images, fps, audio, check),
    )


def _file_of(given: Any, scratch: Path) -> Path:
    source = given.get_stream_source()
    if isinstance(source, str):
        return Path(source)
    path = scratch / "source"
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path


def trim_of(given: Any) -> tuple[float, float]:
    """Where it begins and how long it is (0: to its end), in seconds.

    Raises `InvalidInput` where that cannot be known.
    """
    told = getattr(given, "get_active_trim_window", None)
    start, duration = told() if told else _kept_to_itself(given)
    return float(start), float(duration)


def _kept_to_itself(given: Any) -> tuple[float, float]:
    # ComfyUI before 0.23 trims as later ones do, and has no method that tells.
    try:
        start, duration = (
            given._VideoFromFile__start_time,
            given._VideoFromFile__duration,
        )  # noqa: SLF001
    except AttributeError:
        way = (
            'give its frames as clip_frames (the node "Get Video Components" has them), or update'
            " ComfyUI."
        )
        raise InvalidInput("first_clip", f"does not tell whether it is trimmed; {way}") from None
    if start < 0:  # counted from the end
        start = max(InputImpl.VideoFromFile(given.get_stream_source()).get_duration() + start, 0.0)
    return start, duration
