"""Check a fetched medium by its bytes, never by its name or Content-Type. Blocks while it decodes.

Reasons: https://novita.ai/docs/api-reference/basic-error-code
A clip has none of its own there; INVALID_REQUEST_BODY is an assumption.
"""

from __future__ import annotations

from pathlib import Path

import av
from PIL import Image

from .. import limits
from .error_answer import ErrorAnswer, shown

IMAGE_ROLES = ("first_frame", "last_frame")
_BAD_IMAGE, _BAD_SIZE = "INVALID_IMAGE_FORMAT", "INVALID_IMAGE_SIZE"
_BAD_AUDIO, _BAD_CLIP = "INVALID_AUDIO_FILE", "INVALID_REQUEST_BODY"
_HEAD_BYTES = 16
_QUICKTIME_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"BM", "bmp"),
    (b"ID3", "mp3"),
)


def check_medium(role: str, path: Path) -> None:
    """Raise ErrorAnswer (400) for the first rule of limits.MEDIA that the file breaks."""
    if role in IMAGE_ROLES:
        _check_image(role, path)
    elif role == "first_clip":
        _check_clip(role, path)
    else:
        _check_audio(role, path)


def too_large(role: str) -> ErrorAnswer:
    """Return the error for a file above the limit of its role."""
    medium = limits.MEDIA[role]
    reasons = {"driving_audio": _BAD_AUDIO, "first_clip": _BAD_CLIP}
    reason = reasons.get(role, "IMAGE_FILE_EXCEEDS_MAX_SIZE")
    most = medium.max_bytes // limits.MEGABYTE
    return ErrorAnswer(400, reason, f"{medium.field} must be a file of at most {most} MB")


def format_of(head: bytes) -> str:
    """Return the format in the words of limits.MEDIA by a file's first 16 bytes; "" for others."""
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "")
    if head[4:8] in _QUICKTIME_ATOMS:
        return "mp4" if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else "mov"
    for start, name in _SIGNATURES:
        if head.startswith(start):
            return name
    # An MPEG frame header: eleven set bits, then layer III.
    return "mp3" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 else ""


def _check_format(role: str, path: Path, reason: str) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    found = format_of(head)
    medium = limits.MEDIA[role]
    if found not in medium.formats:
        rule = f"{medium.field} must be one of {', '.join(medium.formats)}"
        raise ErrorAnswer(400, reason, f"{rule}; the file begins with {shown(repr(head))}")
    return found


def _check_image(role: str, path: Path) -> None:
    kind = _check_format(role, path, _BAD_IMAGE)
    field = limits.MEDIA[role].field
    try:
        with Image.open(path, formats=(kind.upper(),)) as image:
            _check_sides(role, image.width, image.height, _BAD_SIZE)
            if kind == "png" and ("A" in image.mode or "transparency" in image.info):
                message = f"{field} is a PNG with an alpha channel, which is not supported"
                raise ErrorAnswer(400, _BAD_IMAGE, message)
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow warns above 89 million pixels, which is above the API's limit too.
        raise ErrorAnswer(400, _BAD_SIZE, f"{field} is too large an image: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ErrorAnswer(400, _BAD_IMAGE, f"{field} cannot be read as {kind}: {error}") from error


def _check_clip(role: str, path: Path) -> None:
    _check_format(role, path, _BAD_CLIP)
    field = limits.MEDIA[role].field
    try:
        with av.open(str(path), format="mov") as container:
            if not container.streams.video:
                raise ErrorAnswer(400, _BAD_CLIP, f"{field} has no video stream")
            stream = container.streams.video[0]
            width, height = stream.width, stream.height
            aspect = float(width * (stream.sample_aspect_ratio or 1) / height)
            seconds = _seconds(stream, container)
    except (av.FFmpegError, ValueError) as error:
        raise ErrorAnswer(400, _BAD_CLIP, f"{field} cannot be read as a video: {error}") from error
    _check_sides(role, width, height, _BAD_CLIP, aspect)
    _check_seconds(role, seconds, _BAD_CLIP)


def _check_audio(role: str, path: Path) -> None:
    kind = _check_format(role, path, _BAD_AUDIO)
    field = limits.MEDIA[role].field
    try:
        with av.open(str(path), format=kind) as container:
            if not container.streams.audio:
                raise ErrorAnswer(400, _BAD_AUDIO, f"{field} has no audio stream")
            seconds = _seconds(container.streams.audio[0], container)
    except (av.FFmpegError, ValueError) as error:
        raise ErrorAnswer(400, _BAD_AUDIO, f"{field} cannot be read as {kind}: {error}") from error
    _check_seconds(role, seconds, _BAD_AUDIO)


def _seconds(stream: av.stream.Stream, container: av.container.InputContainer) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _check_sides(
    role: str, width: int, height: int, reason: str, aspect: float | None = None
) -> None:
    medium = limits.MEDIA[role]
    current = f"{medium.field} (current size: {width} x {height})"
    least, most = medium.side_pixels or (1, width + height)
    if not (least <= width <= most and least <= height <= most):
        message = f"{current} must have sides between {least} and {most} pixels"
        raise ErrorAnswer(400, reason, message)
    narrowest, widest = limits.ASPECT
    if not narrowest <= (aspect or width / height) <= widest:
        raise ErrorAnswer(400, reason, f"{current} must have an aspect between 1:8 and 8:1")


def _check_seconds(role: str, seconds: float, reason: str) -> None:
    medium = limits.MEDIA[role]
    least, most = medium.seconds or (0, seconds)
    rounding = limits.ROUNDING_SECONDS
    if not least - rounding <= seconds <= most + rounding:
        current = f"{medium.field} (current length: {seconds:.3f} seconds)"
        raise ErrorAnswer(400, reason, f"{current} must be between {least} and {most} seconds")
