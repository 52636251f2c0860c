"""The comparison of a video with what a request asked for: can it be the video of that request?

Imports PyAV, and neither numpy nor Pillow: the paid path uses it.
"""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
from av.video.reformatter import VideoReformatter

from ...errors import InvalidVideo
from ...limits import TIER_PIXELS
from .clip import no_op
from .damage import Damage
from .orientation import UPRIGHT
from .pictures import pictures

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from .clip import Clip
    from .orientation import Orientation

_LENGTH_SECONDS = 0.75
_SHAPE = 0.03
_MULTIPLE = 16  # hosts round sides to multiples of it
_SIDE = 24  # cells of the two images that are compared
_AREA = 0x20  # SWS_AREA as a number, which every PyAV takes
_CORRELATION = 0.9


@dataclass(frozen=True, slots=True)
class Order:
    """What a request asked for: 0 seconds, a resolution of "" and a thumbnail of b"" are unknown.

    `thumbnail` is a JPEG file of the image that the video begins with.
    """

    seconds: int
    resolution: str
    thumbnail: bytes = field(default=b"", repr=False)


def difference(clip: Clip, order: Order) -> str:
    """Return "10 s of 1080P and this request asked for 5 s of 720P", or "" where the clip fits."""
    width, height = clip.displayed_size
    if not width:  # its codec is unknown: only its length can be compared
        order = Order(order.seconds, "")
    tier = min(TIER_PIXELS, key=lambda name: abs(TIER_PIXELS[name] - width * height))
    image = _first_frame(order.thumbnail)
    other_length = order.seconds and abs(clip.seconds - order.seconds) > _LENGTH_SECONDS
    other_tier = order.resolution and tier != order.resolution
    other_shape = image is not None and not _is_same_shape((width, height), image)
    if not (other_length or other_tier or other_shape):
        return ""
    found = f"{clip.seconds:.3g} s of {tier}"
    wanted = f"{order.seconds or clip.seconds:.3g} s of {order.resolution or tier}"
    if image is not None and other_shape:
        found += f" at {width / height:.2f}:1"
        wanted += f" at {image.width / image.height:.2f}:1"
    return f"{found} and this request asked for {wanted}"


def begins_with(clip: Clip, thumbnail: bytes) -> bool:
    """Return True where the first frame shows the image of `thumbnail`; False in any doubt."""
    image = _first_frame(thumbnail)
    if image is None:
        return False
    try:
        with closing(pictures(clip, no_op, Damage())) as shown:
            first = next(shown, None)
    except InvalidVideo:
        return False
    if first is None:
        return False
    return _correlation(_cells(first.frame, clip.orientation), _cells(image)) > _CORRELATION


def _first_frame(thumbnail: bytes) -> VideoFrame | None:
    """Decode a JPEG file; None where there is none or it cannot be read."""
    if not thumbnail:
        return None
    try:
        with av.open(io.BytesIO(thumbnail), format="jpeg_pipe") as container:
            return next(container.decode(video=0), None)
    except (av.FFmpegError, IndexError, ValueError):
        return None


def _is_same_shape(size: tuple[int, int], image: VideoFrame) -> bool:
    """Compare width to height. The sides of a thumbnail are off by up to half a pixel."""
    ratio = size[0] * image.height / (size[1] * image.width)
    tolerance = max(_SHAPE, _MULTIPLE / min(size)) + 0.5 / min(image.width, image.height)
    return max(ratio, 1 / ratio) - 1 <= tolerance


def _cells(frame: VideoFrame, orientation: Orientation = UPRIGHT) -> list[int]:
    """Return the brightness of a frame, averaged down to `_SIDE` cells a side, upright."""
    gray = VideoReformatter().reformat(frame, _SIDE, _SIDE, "gray", interpolation=_AREA)
    data, stride = bytes(gray.planes[0]), gray.planes[0].line_size
    rows = [list(data[start : start + _SIDE]) for start in range(0, _SIDE * stride, stride)]
    if orientation.is_mirrored:
        rows = [row[::-1] for row in rows]
    for _ in range(orientation.quarter_turns):
        rows = [list(row) for row in zip(*rows, strict=True)][::-1]
    return [value for row in rows for value in row]


def _correlation(first: list[int], second: list[int]) -> float:
    """Return Pearson's correlation, -1..1; 0 where one of the two is of one brightness."""
    ours, theirs = _centered(first), _centered(second)
    square = sum(value * value for value in ours) * sum(value * value for value in theirs)
    product = sum(mine * other for mine, other in zip(ours, theirs, strict=True))
    return product / square**0.5 if square else 0.0


def _centered(values: list[int]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]
