"""From a node's sockets to the media of a job. Raises `InvalidInput` before anything is sent. Runs in a thread: PNGs take a while."""

from __future__ import annotations

from typing import Any

from ..wan27.errors import InvalidInput
from ..wan27.media.image import encode_png
from ..wan27.medium import Link, Medium
from ..wan27.upload import inline

_CLIP_INPUTS = ("first_clip", "clip_frames", "first_clip_url")


def pictures(first_frame: Any, last_frame: Any, driving_audio: Any, driving_audio_url: str) -> dict[str, Medium]:
    """The media of the two nodes that begin with a picture."""
    media: dict[str, Medium] = {"first_frame": _picture("first_frame", first_frame)}
    if last_frame is not None:
        media["last_frame"] = _picture("last_frame", last_frame)
    if driving_audio is not None:
        raise _not_yet("driving_audio", "sound", "driving_audio_url")
    if driving_audio_url.strip():
        media["driving_audio"] = Link(driving_audio_url.strip())
    return media


def clip(first_clip: Any, clip_frames: Any, first_clip_url: str, last_frame: Any) -> dict[str, Medium]:
    """The media of the node that continues a clip, which must come in exactly one of three ways."""
    given = [
        name
        for name, value in zip(_CLIP_INPUTS, (first_clip, clip_frames, first_clip_url.strip() or None), strict=True)
        if value is not None
    ]
    if len(given) != 1:
        said = f"came in {len(given)} ways ({', '.join(given)})" if given else "is missing"
        raise InvalidInput("first_clip", f"{said}; give exactly one of {', '.join(_CLIP_INPUTS)}.")
    if given != ["first_clip_url"]:
        raise _not_yet(given[0], "a clip", "first_clip_url")
    media: dict[str, Medium] = {"first_clip": Link(first_clip_url.strip())}
    if last_frame is not None:
        media["last_frame"] = _picture("last_frame", last_frame)
    return media


def _picture(name: str, image: Any) -> Medium:
    return encode_png(image, name, fit_bytes=inline.MAX_BYTES)


def _not_yet(name: str, what: str, instead: str) -> InvalidInput:
    return InvalidInput(
        name,
        f"is {what} on this computer, which this version cannot send yet. "
        f"Put the file where the host can fetch it and give its address as {instead}. Nothing was sent.",
    )
