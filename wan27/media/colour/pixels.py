"""Pixels of 8-bit frames as numpy arrays, and to and from floats in 0..1.

Both ways go a few rows at a time, which stay in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

    from ..read.orientation import Orientation

_ROWS = 32
_Number = TypeVar("_Number", bound=np.generic)


def pixels_of(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return a writable view of the plane's bytes, (height, width), without its padding."""
    return _lines_of(plane)[:, : plane.width]


def rgb_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """Return a writable view of the pixels of an `rgb24` frame, (H, W, 3)."""
    lines = _lines_of(frame.planes[0])[:, : frame.width * 3]
    return lines.reshape(frame.height, frame.width, 3)


def _lines_of(plane: VideoPlane) -> NDArray[np.uint8]:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]


def upright(
    pixels: NDArray[_Number], orientation: Orientation, axes: tuple[int, int] = (0, 1)
) -> NDArray[_Number]:
    """Return a view of stored `pixels` as they are to be seen; `axes` are height and width."""
    if orientation.is_mirrored:
        pixels = np.flip(pixels, axes[1])
    return np.rot90(pixels, orientation.quarter_turns, axes)


def copy_to_floats(pixels: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Copy bytes to `out`, floats in 0..1 of the same shape."""
    for top in range(0, len(out), _ROWS):
        rows = slice(top, top + _ROWS)
        # In two steps: dividing bytes as floats goes through a small buffer, which is slower.
        out[rows] = pixels[rows]
        np.divide(out[rows], 255, out=out[rows])


def copy_to_bytes(floats: NDArray[np.floating[Any]], out: NDArray[np.uint8]) -> None:
    """Copy floats in 0..1 to `out`, bytes of the same shape.

    Rounded, since truncation darkens by half a step, and clamped, since 1.004 would wrap to 0.
    """
    for top in range(0, len(out), _ROWS):
        rows = slice(top, top + _ROWS)
        block = np.multiply(floats[rows], 255)
        np.clip(np.rint(block, out=block), 0, 255, out=block)
        out[rows] = block
