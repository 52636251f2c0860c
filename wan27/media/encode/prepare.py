"""From a VIDEO or IMAGE frames to the clip that is sent, checked against the API's rules.

A video file is sent unchanged where the API takes it, and encoded where it must be. Size and length
are checked before that too, since encoding may take a minute.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...errors import InvalidInput, InvalidVideo
from ...limits import (
    ASPECT,
    ASPECT_TEXT,
    LONGER_THAN_CLIP_SECONDS,
    MEDIA,
    MEGABYTE,
    ROUNDING_SECONDS,
    shown_seconds,
)
from ..read.clip import MP4_CONTAINER, check_complete, check_frame_size, no_op
from ..read.container import decoded_frames, open_video, unreadable
from ..read.orientation import UPRIGHT
from ..read.probe import probe
from ..read.window import window_of
from .clip import encode_frames_clip, encode_video_clip
from .tensors import as_images

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch

    from ..read.clip import Clip
    from ..read.window import Window

_LIMITS = MEDIA["first_clip"]
_CODECS = ("h264", "hevc")
# What every host and player decodes. The phones' HDR is HEVC of 10 bits: re-encoding would lose it.
_PIXELS = ("yuv420p", "yuvj420p")
_HDR_PIXELS = "yuv420p10le"
_HDR = {16: "PQ", 18: "HLG"}  # FFmpeg's numbers of a transfer
_MICROSECONDS = 1_000_000  # in a second, which FFmpeg counts the length of a file in

# How to keep the end of a clip, which the API continues. Inputs and nodes by their names in the
# graph.
_TAKE_THE_LAST = {
    "first_clip": (
        'Take its last {seconds} s with "Trim Video" (start_time -{seconds}, duration 0).'
    ),
    "clip_frames": 'Take its last {seconds} s with "Get Image from Batch".',
}
_RESIZE = {
    "first_clip": 'Resize it: "Get Video Components", "Upscale Image", then clip_frames.',
    "clip_frames": 'Resize it, for example with "Upscale Image".',
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceClip:
    """A video file of the graph and the part of it that is used, checked.

    `reason` says why it must be encoded, as a phrase ("it is trimmed"); None: it is sent unchanged.
    """

    window: Window
    reason: str | None

    @property
    def path(self) -> Path:
        """The video file."""
        return self.window.clip.path

    @property
    def notices(self) -> tuple[str, ...]:
        """Short texts about what breaks no rule but may surprise."""
        clip, notices = self.window.clip, []
        if hdr := _HDR.get(clip.transfer):
            notices.append(
                f"the clip is HDR ({hdr}) and is sent as HDR: the video may come back with flat"
                " colors"
            )
        if clip.is_interlaced:
            notices.append(
                "the clip is interlaced and is sent so: moving edges show comb lines, which the"
                " video may continue"
            )
        return tuple(notices)


def check_source(
    window: Window, name: str = "first_clip", tick: Callable[[], None] = no_op
) -> SourceClip:
    """Check all that can be checked before a file is encoded.

    `window` is the trim range of a VIDEO. Raises `InvalidInput` naming `name` where it breaks a
    rule of the API, `InvalidVideo` where the file is cut short, joined or changes its size.
    """
    clip, size_bytes = window.clip, window.clip.path.stat().st_size
    if clip.container == "image2" or clip.container.endswith("_pipe"):
        raise InvalidInput(
            name,
            f"is the image {clip.path.name} instead of a video. Connect a VIDEO, or the image to"
            " the first_frame of another node.",
        )
    check_complete(clip)
    if not clip.is_decodable:
        raise unreadable(clip.path, "no frame can be decoded")
    if clip.has_restart:
        raise InvalidVideo(
            f"{clip.path.name} was joined of parts whose times begin again, so no one can say how"
            " long it is. Join them with a video editor, or re-encode it."
        )
    check_sides(*clip.upright_size, name, clip.displayed_aspect)
    check_seconds(window.seconds, name)
    reason = _reason_to_encode(window, size_bytes) or _reason_inside(clip, tick)
    if reason is None:
        check_clip(clip, size_bytes, name)
    return SourceClip(window, reason)


def prepare_clip(
    source: SourceClip, target: Path, tick: Callable[[], None], *, name: str = "first_clip"
) -> Path:
    """Return the file to send: that of `source` where it is sent unchanged, else `target`.

    An encoded file is checked too. Blocks and cancels as `encode_video_clip` does.
    """
    if source.reason is None:
        return source.path
    logger.info("Wan 2.7: %s is encoded before it is sent, because %s.", name, source.reason)
    encode_video_clip(source.window, target, tick, name=name)
    _check_encoded(target, name, tick)
    return target


def prepare_frames(
    frames: torch.Tensor,
    fps: Fraction | float,
    audio: Mapping[str, Any] | None,
    target: Path,
    tick: Callable[[], None],
    *,
    name: str = "clip_frames",
) -> Path:
    """Encode frames with `encode_frames_clip`, checked before and after; return `target`.

    Raises as that does, and as `check_clip`.
    """
    check_frames(frames, fps, name)
    encode_frames_clip(frames, fps, audio, target, tick, name=name)
    _check_encoded(target, name, tick)
    return target


def check_frames(frames: torch.Tensor, fps: Fraction | float, name: str = "clip_frames") -> float:
    """Return how long frames last as a clip (seconds), checked by their shape.

    A rate of 0 gives 0.0: the encoder refuses it.
    """
    count, height, width, _ = as_images(frames, name).shape
    if not fps > 0:
        return 0.0
    check_sides(width, height, name)
    check_seconds(float(count / fps), name)
    return float(count / fps)


def check_clip(clip: Clip, size_bytes: int, name: str = "first_clip") -> None:
    """Raise `InvalidInput` where `clip`, a file of `size_bytes`, breaks a rule of the API."""
    check_sides(*clip.upright_size, name, clip.displayed_aspect)
    check_seconds(clip.seconds, name)
    if size_bytes > _LIMITS.max_bytes:
        raise InvalidInput(
            name,
            f"is a file of {size_bytes / MEGABYTE:.1f} MB; the API takes at most"
            f" {_LIMITS.max_megabytes} MB. Trim it, or make its frames smaller.",
        )


def check_sides(width: int, height: int, name: str, aspect: Fraction | None = None) -> None:
    """Raise `InvalidInput` where a clip of `width` × `height` pixels has a size the API refuses.

    `aspect` is its width to its height on a screen; None where pixels are square.
    """
    size, (low, high) = f"is {width} × {height} pixels", _LIMITS.side_pixels or (1, math.inf)
    if min(width, height) < low or max(width, height) > high:
        remedy = _RESIZE.get(name, _RESIZE["first_clip"])
        raise InvalidInput(name, f"{size}; each side must be {_LIMITS.side_text}. {remedy}")
    narrow, wide = ASPECT
    shown = float(aspect) if aspect else width / height
    if not narrow <= shown <= wide:
        if aspect and aspect != Fraction(width, height):
            size += f", shown as {shown:.2f}:1"
        raise InvalidInput(
            name,
            f"{size}; width to height must be {ASPECT_TEXT}. Crop its frames, for example with"
            ' "Crop Image".',
        )


def check_seconds(seconds: float, name: str) -> None:
    """Raise `InvalidInput` where a clip of that length is too short or too long for the API."""
    low, high = _LIMITS.seconds or (0.0, math.inf)
    if low - ROUNDING_SECONDS <= seconds <= high + ROUNDING_SECONDS:
        return
    remedy = "Use a longer part of the video."
    if seconds > high:
        remedy = _TAKE_THE_LAST.get(name, _TAKE_THE_LAST["first_clip"]).format(seconds=high)
    raise InvalidInput(
        name,
        f"lasts {shown_seconds(seconds)} s; the API takes clips of {_LIMITS.seconds_text}."
        f" {remedy}",
    )


def _reason_to_encode(window: Window, size_bytes: int) -> str | None:
    clip = window.clip
    if window != window_of(clip):
        return "it is trimmed"
    if clip.container != MP4_CONTAINER:
        return f"it is {clip.container.split(',')[0]} instead of mp4"
    if size_bytes > _LIMITS.max_bytes:
        return f"it is larger than {_LIMITS.max_megabytes} MB"
    return _reason_in_frames(clip)


def _reason_in_frames(clip: Clip) -> str | None:
    if clip.codec not in _CODECS:
        return f"it is {clip.codec} instead of H.264"
    is_hdr = clip.codec == "hevc" and clip.transfer in _HDR and clip.pixel_format == _HDR_PIXELS
    if clip.pixel_format not in _PIXELS and not is_hdr:
        return f"its pixels are {clip.pixel_format} instead of {_PIXELS[0]}"
    # Not every reader turns it, and a clip on its side would be continued so.
    return None if clip.orientation == UPRIGHT else "it is stored turned or mirrored"


def _reason_inside(clip: Clip, tick: Callable[[], None]) -> str | None:
    """Look through a file that is else sent unchanged; raise `InvalidVideo` if its size changes.

    A size changes at a key frame, so the others are not decoded.
    """
    with open_video(clip.path) as opened:
        opened.video.codec_context.skip_frame = "NONKEY"
        for frame in decoded_frames(opened, tick):
            if frame is None:
                return "one of its frames cannot be decoded"
            check_frame_size(frame, clip)
        file_seconds = (opened.container.duration or 0) / _MICROSECONDS
    # A host may measure the longest stream.
    if file_seconds > clip.seconds + LONGER_THAN_CLIP_SECONDS:
        return "its sound is longer than its frames"
    return None


def _check_encoded(target: Path, name: str, tick: Callable[[], None]) -> None:
    """Check the encoded clip; delete it where it may not be sent."""
    try:
        check_clip(probe(target, tick), target.stat().st_size, name)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
