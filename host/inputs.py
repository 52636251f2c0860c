"""The media of a job, from the inputs of a node.

A wrong input raises `InvalidInput` before anything is sent. Blocking: each function calls `check`
often, which stops it after a cancel.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl

from ..wan27.errors import InvalidInput
from ..wan27.media.encode.content_hash import hash_of_clip, hash_of_frames, hash_of_sound
from ..wan27.media.encode.image import encode_image
from ..wan27.media.encode.prepare import check_frames, check_source, prepare_clip, prepare_frames
from ..wan27.media.encode.sound import check_sound, encode_sound
from ..wan27.media.encode.thumbnail import thumbnail_of_clip, thumbnail_of_frames
from ..wan27.media.read.clip import probe
from ..wan27.media.read.window import window_of
from ..wan27.medium import DeferredMedia, Link, Medium
from ..wan27.session import Session

_CLIP_INPUTS = ("first_clip", "clip_frames", "first_clip_url")


def image_media(
    first_frame: Any,
    last_frame: Any,
    driving_audio: Any,
    driving_audio_url: str,
    session: Session,
    check: Callable[[], None],
) -> dict[str, Medium]:
    """Return the media of a video that begins with an image."""
    media: dict[str, Medium] = {"first_frame": _image("first_frame", first_frame, session)}
    if last_frame is not None:
        media["last_frame"] = _image("last_frame", last_frame, session)
    if driving_audio is not None and driving_audio_url.strip():
        raise InvalidInput(
            "driving_audio",
            "and driving_audio_url are both set. Use only one of them. Nothing was sent.",
        )
    if driving_audio_url.strip():
        media["driving_audio"] = Link(driving_audio_url.strip())
    elif driving_audio is not None:
        media["driving_audio"] = _audio(driving_audio, session, check)
    return media


def clip_media(
    first_clip: Any,
    clip_frames: Any,
    clip_fps: float,
    first_clip_url: str,
    last_frame: Any,
    session: Session,
    check: Callable[[], None],
) -> dict[str, Medium]:
    """Return the media of a video that continues a clip."""
    values = (first_clip, clip_frames, first_clip_url.strip() or None)
    sources = [name for name, value in zip(_CLIP_INPUTS, values, strict=True) if value is not None]
    if not sources:
        raise InvalidInput(
            "first_clip",
            f"is missing. Set exactly one of {', '.join(_CLIP_INPUTS)}. Nothing was sent.",
        )
    if len(sources) > 1:
        raise InvalidInput(
            "first_clip",
            f"has {len(sources)} sources. Keep only one of {', '.join(sources)}. Nothing was sent.",
        )
    media: dict[str, Medium] = {}
    if last_frame is not None:
        media["last_frame"] = _image("last_frame", last_frame, session)
    if sources == ["first_clip_url"]:
        media["first_clip"] = Link(first_clip_url.strip())
    elif sources == ["first_clip"]:
        media["first_clip"] = _video(first_clip, session, check)
    else:
        media["first_clip"] = _frames(clip_frames, clip_fps, None, "clip_frames", session, check)
    return media


def _image(name: str, image: Any, session: Session) -> Medium:
    return encode_image(
        image, name, session.uploader.max_image_bytes, allow_jpeg=session.allow_jpeg
    )


def _audio(audio: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """Return AUDIO as wav, or as mp3 if that is too large."""
    return DeferredMedia(
        make=lambda check: encode_sound(audio, "driving_audio", session.scratch, check),
        seconds=check_sound(audio, "driving_audio"),
        content_hash=hash_of_sound(audio, check),
    )


def _video(video: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """Return VIDEO as its file if the API takes that; otherwise encoded, trimmed to the frame."""
    if isinstance(video, InputImpl.VideoFromComponents):
        parts = video.get_components()
        return _frames(
            parts.images, float(parts.frame_rate), parts.audio, "first_clip", session, check
        )
    path, target = _source_file(video, session.scratch), session.scratch / "first_clip.mp4"
    start, duration = trim_of(video)
    source = check_source(window_of(probe(path, check), start, duration), tick=check)
    return DeferredMedia(
        make=lambda check: prepare_clip(source, target, check),
        seconds=source.window.seconds,
        content_hash=hash_of_clip(source.window, check),
        original=None if source.reason else path,
        thumbnail=thumbnail_of_clip(source.window, check),
        notices=source.notices,
    )


def _frames(
    images: Any, fps: float, audio: Any, name: str, session: Session, check: Callable[[], None]
) -> DeferredMedia:
    """Return IMAGE frames, and AUDIO if there is any, as mp4."""
    target = session.scratch / "first_clip.mp4"
    seconds = check_frames(images, fps, name)
    thumbnail = thumbnail_of_frames(images, name)  # before the slow hash: it also checks the shape
    return DeferredMedia(
        make=lambda check: prepare_frames(images, fps, audio, target, check, name=name),
        seconds=seconds,
        content_hash=hash_of_frames(images, fps, audio, check, name),
        thumbnail=thumbnail,
    )


def _source_file(video: Any, scratch: Path) -> Path:
    source = video.get_stream_source()
    if isinstance(source, str):
        return Path(source)
    path = scratch / "source"
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
    return path


def trim_of(video: Any) -> tuple[float, float]:
    """Return the start and the duration of a VIDEO's trim in seconds; duration 0: to the end."""
    trim_window = getattr(video, "get_active_trim_window", None)
    start, duration = trim_window() if trim_window else _private_trim(video)
    return float(start), float(duration)


def _private_trim(video: Any) -> tuple[float, float]:
    """Return the trim of a VIDEO in ComfyUI before 0.23, which has no method for it."""
    try:
        start = video._VideoFromFile__start_time  # noqa: SLF001
        duration = video._VideoFromFile__duration  # noqa: SLF001
    except AttributeError:
        raise InvalidInput(
            "first_clip",
            "has a trim range that this ComfyUI does not report. Connect its frames to clip_frames"
            ' instead (the node "Get Video Components" outputs them), or update ComfyUI. Nothing'
            " was sent.",
        ) from None
    if start < 0:  # seconds before the end
        start = max(InputImpl.VideoFromFile(video.get_stream_source()).get_duration() + start, 0.0)
    return start, duration
