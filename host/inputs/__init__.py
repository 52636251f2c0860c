"""The media of a job, from the inputs of a node.

A wrong input raises `InvalidInput` before anything is sent. Blocking: each function calls `check`
often, which stops it after a cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...wan27.errors import InvalidInput, InvalidVideo
from ...wan27.media.encode.content_hash import hash_of_clip, hash_of_frames, hash_of_sound
from ...wan27.media.encode.image import encode_image
from ...wan27.media.encode.prepare import check_frames, check_source, prepare_clip, prepare_frames
from ...wan27.media.encode.sound import check_sound, encode_sound
from ...wan27.media.encode.tensors import as_images
from ...wan27.media.encode.thumbnail import thumbnail_of_clip, thumbnail_of_frames
from ...wan27.medium import DeferredMedia, Link, Medium
from ...wan27.session import Session
from .video_claims import rate_of
from .video_edits import VideoFile, shown

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
    media: dict[str, Medium] = {"first_frame": _image("first_frame", first_frame, session, check)}
    if last_frame is not None:
        media["last_frame"] = _image("last_frame", last_frame, session, check)
    if driving_audio is not None and driving_audio_url.strip():
        raise InvalidInput(
            "driving_audio", "and driving_audio_url are both set. Use only one of them."
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
            "first_clip", f"is missing. Set exactly one of {', '.join(_CLIP_INPUTS)}."
        )
    if len(sources) > 1:
        raise InvalidInput(
            "first_clip", f"has {len(sources)} sources. Keep only one of {', '.join(sources)}."
        )
    media: dict[str, Medium] = {}
    if last_frame is not None:
        media["last_frame"] = _image("last_frame", last_frame, session, check)
    if sources == ["first_clip_url"]:
        media["first_clip"] = Link(first_clip_url.strip())
    elif sources == ["first_clip"]:
        media["first_clip"] = _video(first_clip, session, check)
    else:
        media["first_clip"] = _frames(clip_frames, clip_fps, None, "clip_frames", session, check)
    return media


def _image(name: str, image: Any, session: Session, check: Callable[[], None]) -> Medium:
    fit_bytes, allow_jpeg = session.uploader.max_image_bytes, session.allow_jpeg
    return encode_image(image, name, fit_bytes, allow_jpeg=allow_jpeg, check=check)


def _audio(audio: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """Return AUDIO as wav, or as mp3 if that is too large."""
    return DeferredMedia(
        make=lambda check: encode_sound(audio, "driving_audio", session.scratch, check),
        seconds=check_sound(audio, "driving_audio"),
        content_hash=hash_of_sound(audio, check),
    )


def _video(video: Any, session: Session, check: Callable[[], None]) -> DeferredMedia:
    """Return VIDEO as its file if the API takes that; otherwise encoded, trimmed to the frame."""
    with _naming("first_clip"):
        found = shown(video, "first_clip", session, check)
        if not isinstance(found, VideoFile):
            fps = _checked_rate(found)
            return _frames(found.images, fps, found.audio, "first_clip", session, check)
        source = check_source(found.window, tick=check)

        def make(check: Callable[[], None]) -> Path:
            with _naming("first_clip"):
                target = session.scratch / "first_clip.mp4" if source.reason else source.path
                return prepare_clip(source, target, check)

        return DeferredMedia(
            make=make,
            seconds=source.window.seconds,
            content_hash=hash_of_clip(source.window, check),
            original=source.path if found.is_own and not source.reason else None,
            thumbnail=thumbnail_of_clip(source.window, check),
            notices=source.notices,
        )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Turn what is wrong with a video file into an error that names the input."""
    try:
        yield
    except InvalidVideo as error:
        raise InvalidInput(name, f"cannot be used: {error}") from error


def _checked_rate(parts: Any) -> float:
    fps = rate_of(parts)
    if not 1 <= fps <= 1000:
        raise InvalidInput(
            "first_clip", 'has no frame rate between 1 and 1000. Set one with "Create Video".'
        )
    return fps


def _frames(
    images: Any, fps: float, audio: Any, name: str, session: Session, check: Callable[[], None]
) -> DeferredMedia:
    """Return IMAGE frames, and AUDIO if there is any, as mp4."""
    images = as_images(images, name)
    seconds = check_frames(images, fps, name)
    thumbnail = thumbnail_of_frames(images, name)  # before the slow hash: it also checks the shape
    return DeferredMedia(
        make=lambda check: prepare_frames(
            images, fps, audio, session.scratch / "first_clip.mp4", check, name=name
        ),
        seconds=seconds,
        content_hash=hash_of_frames(images, fps, audio, check, name),
        thumbnail=thumbnail,
    )
