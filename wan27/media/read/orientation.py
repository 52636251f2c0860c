"""How the stored frames of a video must be turned and mirrored to be seen as players show them.

A file says so with a display matrix (ISO 14496-12, 8.3.2, and FFmpeg's libavutil/display.h), which
PyAV's `rotation` gives without its mirror. Imports neither torch nor numpy.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_MATRIX = struct.Struct("=9i")  # a b u, c d v, x y w: a point goes to (a·x + c·y, b·x + d·y)
_MAX_SHEAR = 0.5  # cosine between the axes: a real matrix keeps them at right angles


class Orientation(NamedTuple):
    """Mirrored left to right if `is_mirrored`, then turned counter-clockwise."""

    quarter_turns: int = 0
    is_mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        """True where the width of the stored frame becomes the height."""
        return self.quarter_turns % 2 == 1


UPRIGHT = Orientation()


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return the orientation that the display matrix of a decoded frame asks for.

    Other angles are rounded to quarter turns. A matrix that is no rotation, such as all zeros, is
    ignored, as players do.
    """
    try:
        found: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV: side data of a kind that it does not know
        return Orientation(round(frame.rotation / 90) % 4)
    matrix = bytes(found or b"")
    if len(matrix) != _MATRIX.size:
        return UPRIGHT
    a, b, _, c, d, *_ = _MATRIX.unpack(matrix)
    across, down = math.hypot(a, c), math.hypot(b, d)
    if not a * d - b * c or abs(a * b + c * d) > _MAX_SHEAR * across * down:
        return UPRIGHT
    is_mirrored = a * d < b * c
    if is_mirrored:
        a, b = -a, -b
    clockwise = math.atan2(b / down, a / across)
    return Orientation(-round(clockwise / (math.pi / 2)) % 4, is_mirrored)
