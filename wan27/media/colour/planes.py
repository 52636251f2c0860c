"""Pixels of 8-bit planes as numpy arrays, and to and from floats in 0..1.

Both ways go a few rows at a time, which stay in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from av.video.frame import VideoFrame

if TYPE_CHECKING:
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

    from ..read.orientation import Orientation

_ROWS = 64
_Number = TypeVar("_Number", bound=np.generic)


def pixels_of(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return a writable view of the plane's bytes, (height, width), without its padding."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]


def upright(
    pixels: NDArray[_Number], orientation: Orientation, axes: tuple[int, int] = (0, 1)
) -> NDArray[_Number]:
    """Return a view of stored `pixels` as they are to be seen; `axes` are height and width."""
    if orientation.is_mirrored:
        pixels = np.flip(pixels, axes[1])
    return np.rot90(pixels, orientation.quarter_turns, axes)


def copy_to_floats(frame: VideoFrame, orientation: Orientation, out: NDArray[np.float32]) -> None:
    """Copy `frame` (`gbrp`), upright, to `out`, (H, W, 3) float32 in 0..1."""
    green, blue, red = (upright(pixels_of(plane), orientation) for plane in frame.planes)
    for top in range(0, out.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        block = out[rows]
        block[..., 0], block[..., 1], block[..., 2] = red[rows], green[rows], blue[rows]
        np.divide(block, 255, out=block)


def frame_from_floats(pixels: NDArray[np.floating[Any]]) -> VideoFrame:
    """Return `pixels`, (H, W, 3) in 0..1, as a `gbrp` frame.

    Values are clamped, and rounded: truncation would darken by half a step.
    """
    height, width, _ = pixels.shape
    frame = VideoFrame(width, height, "gbrp")
    green, blue, red = (pixels_of(plane) for plane in frame.planes)
    for top in range(0, height, _ROWS):
        rows = slice(top, top + _ROWS)
        block = np.multiply(pixels[rows], 255)
        np.clip(np.rint(block, out=block), 0, 255, out=block)
        red[rows], green[rows], blue[rows] = block[..., 0], block[..., 1], block[..., 2]
    return frame


def copy_to_bytes(frame: VideoFrame, orientation: Orientation) -> NDArray[np.uint8]:
    """Return `frame` (`gbrp`), upright, as contiguous (H, W, 3) bytes."""
    green, blue, red = (upright(pixels_of(plane), orientation) for plane in frame.planes)
    return np.stack([red, green, blue], axis=-1)
