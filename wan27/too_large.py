"""What is said of a picture whose file is above a limit: both sizes, and each way out with its numbers. Never a silent resize."""

from __future__ import annotations

import math

from .errors import InvalidInput
from .limits import MEDIA, MEGABYTE

_API_BYTES = MEDIA["first_frame"].max_bytes
_NODE_PIXELS = 1024 * 1024  # a megapixel of the node "Scale Image to Total Pixels",
_NODE_MOST = 16.0  # and the most it can be set to
# A smaller picture of the same scene has more detail in each pixel: its PNG shrinks as the pixels to the power of 3/4, and a little less.
# Of 129 pictures above 1.2 bytes a pixel, scaled to 0.3, 0.5 and 0.8 of their pixels in three ways, 95 % and more fit so.
_POWER, _CAUTION = 4 / 3, 0.93


def too_large(
    name: str, file_bytes: int, most_bytes: int, *, content_type: str = "image/png", pixels: tuple[int, int] | None = None
) -> InvalidInput:
    """The error for a picture of `file_bytes` where `most_bytes` are possible; `pixels` is (width, height), None where that is not known."""
    kind, inline = content_type.rpartition("/")[2].upper(), most_bytes < _API_BYTES
    limit = (
        f"{'at most' if inline else 'the API takes at most'} {most_bytes // MEGABYTE} MB{' can be sent inside a request' if inline else ''}"
    )
    ways = [_scale(file_bytes, most_bytes, pixels)]
    if inline and file_bytes <= _API_BYTES:
        ways.append(f"set WAN27_UPLOAD to a bucket of yours, which takes {_API_BYTES // MEGABYTE} MB")
    if kind == "PNG":
        ways.append("set WAN27_JPEG=1, which sends such pictures as JPEG: full size, and a little loss")
    said = ways[0] + "".join(f"; or {way}" for way in ways[1:])
    return InvalidInput(name, f"is {file_bytes / MEGABYTE:.1f} MB as {kind}; {limit}. {said}. Nothing was sent.")


def _scale(file_bytes: int, most_bytes: int, pixels: tuple[int, int] | None) -> str:
    node = '"Scale Image to Total Pixels"'
    if pixels is None:
        return f"Make it smaller with {node} (2 megapixels are all that 1080P shows)"
    width, height = pixels
    fitting = width * height * (most_bytes / file_bytes) ** _POWER * _CAUTION / _NODE_PIXELS
    megapixels = min(math.floor(fitting * 100) / 100, _NODE_MOST)
    shrink = math.sqrt(megapixels * _NODE_PIXELS / (width * height))
    size = f"{round(width * shrink)} × {round(height * shrink)}"
    return f"Make it smaller with {node}: megapixels {megapixels:g} gives {size}, which should fit (2 are all that 1080P shows)"
