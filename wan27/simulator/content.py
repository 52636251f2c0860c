"""What a fetched medium really is: known by its bytes, never by its name or its Content-Type. Blocks for as long as a picture decodes.

Reasons: https://novita.ai/docs/api-reference/basic-error-code; a clip has none of its own there, so INVALID_REQUEST_BODY is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
from PIL import Image

from .. import limits
from .refusal import Refusal, shown

if TYPE_CHECKING:
    from pathlib import Path

_BAD_PICTURE, _BAD_SIZE, _BAD_AUDIO, _BAD_CLIP = "INVALID_IMAGE_FORMAT", "INVALID_IMAGE_SIZE", "INVALID_AUDIO_FILE", "INVALID_REQUEST_BODY"
_HEAD_BYTES = 16


def check_content(role: str, path: Path) -> None:
    """Raise Refusal (400) unless the file keeps every rule that limits.MEDIA has for its role."""
    if role == "first_clip":
        _check_clip(role, path)
    elif role == "driving_audio":
        _check_audio(role, path)
    else:
        _check_picture(role, path)


def kind_by_bytes(head: bytes) -> str:
    """Return the format that a file's first 16 bytes show, in the words of limits.MEDIA; "" for any other."""
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "")
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mp4" if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else "mov"
    for start, kind in ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"BM", "bmp"), (b"ID3", "mp3")):
        if head.startswith(start):
            return kind
    # An MPEG frame header: eleven set bits, then layer III.
    return "mp3" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 else ""


def _check_kind(role: str, path: Path, reason: str) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = kind_by_bytes(head)
    medium = limits.MEDIA[role]
    if kind not in medium.formats:
        raise Refusal(400, reason, f"{medium.field} must be one of {', '.join(medium.formats)}; the file begins with {shown(repr(head))}")
    return kind


def _check_picture(role: str, path: Path) -> None:
    kind = _check_kind(role, path, _BAD_PICTURE)
    field = limits.MEDIA[role].field
    try:
        with Image.open(path, formats=(kind.upper(),)) as picture:
            _check_sides(role, picture.width, picture.height, _BAD_SIZE)
            if kind == "png" and ("A" in picture.mode or "transparency" in picture.info):
                raise Refusal(400, _BAD_PICTURE, f"{field} is a PNG with an alpha channel, which is not supported")
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow warns above 89 million pixels, which is above the API's limits: the same refusal where warnings are errors.
        raise Refusal(400, _BAD_SIZE, f"{field} is too large a picture: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Refusal(400, _BAD_PICTURE, f"{field} cannot be read as {kind}: {error}") from error


def _check_clip(role: str, path: Path) -> None:
    _check_kind(role, path, _BAD_CLIP)
    field = limits.MEDIA[role].field
    try:
        with av.open(str(path), format="mov") as container:
            if not container.streams.video:
                raise Refusal(400, _BAD_CLIP, f"{field} has no video in it")
            stream = container.streams.video[0]
            width, height = stream.width, stream.height
            seconds = _seconds(stream, container)
    except (av.FFmpegError, ValueError) as error:
        raise Refusal(400, _BAD_CLIP, f"{field} cannot be read as a video: {error}") from error
    _check_sides(role, width, height, _BAD_CLIP)
    _check_seconds(role, seconds, _BAD_CLIP)


def _check_audio(role: str, path: Path) -> None:
    kind = _check_kind(role, path, _BAD_AUDIO)
    field = limits.MEDIA[role].field
    try:
        with av.open(str(path), format=kind) as container:
            if not container.streams.audio:
                raise Refusal(400, _BAD_AUDIO, f"{field} has no sound in it")
            seconds = _seconds(container.streams.audio[0], container)
    except (av.FFmpegError, ValueError) as error:
        raise Refusal(400, _BAD_AUDIO, f"{field} cannot be read as {kind}: {error}") from error
    _check_seconds(role, seconds, _BAD_AUDIO)


def _seconds(stream: av.stream.Stream, container: av.container.InputContainer) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _check_sides(role: str, width: int, height: int, reason: str) -> None:
    medium = limits.MEDIA[role]
    least, most = medium.side_pixels or (1, width + height)
    if not (least <= width <= most and least <= height <= most):
        raise Refusal(400, reason, f"{medium.field} (current size: {width} x {height}) must have sides between {least} and {most} pixels")
    narrowest, widest = limits.ASPECT
    if not narrowest <= width / height <= widest:
        raise Refusal(400, reason, f"{medium.field} (current size: {width} x {height}) must have an aspect between 1:8 and 8:1")


def _check_seconds(role: str, seconds: float, reason: str) -> None:
    medium = limits.MEDIA[role]
    least, most = medium.seconds or (0, seconds)
    if not least <= seconds <= most:
        raise Refusal(400, reason, f"{medium.field} (current length: {seconds:.3f} seconds) must be between {least} and {most} seconds")
