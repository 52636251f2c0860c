"""The API's rules for a clip, checked on the very file that is sent. Imports neither torch nor numpy.

Sizes and lengths are also checked before a clip is encoded, which may take a minute.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...errors import InvalidInput
from ...limits import ASPECT, ASPECT_TEXT, MEDIA, MEGABYTE, ROUNDING_SECONDS

if TYPE_CHECKING:
    from .clip import Clip

_LIMITS = MEDIA["first_clip"]

# How to take the end of what is too long; the end, because that is what the API continues. Inputs
# and nodes by their names in the graph.
_TAKE_THE_LAST = {
    "first_clip": (
        'take its last {seconds} s with the node "Trim Video" (start_time -{seconds}, duration 0)'
    ),
    "clip_frames": 'take its last {seconds} s with the node "Get Image from Batch"',
}
_RESIZE = {
    "first_clip": 'resize it: "Get Video Components", "Upscale Image", then clip_frames',
    "clip_frames": 'resize it, for example with "Upscale Image"',
}


def check_clip(clip: Clip, size_bytes: int, name: str = "first_clip") -> None:
    """Raise `InvalidInput`, naming input, value, limit and remedy, where `clip`, a file of `size_bytes`, breaks a rule of the API."""
    check_sides(*clip.upright_size, name)
    check_seconds(clip.seconds, name)
    if size_bytes > _LIMITS.max_bytes:
        raise InvalidInput(
            name,
            f"is a file of {size_bytes / MEGABYTE:.1f} MB; the API takes at most"
            f" {_LIMITS.max_megabytes} MB. Trim it, or make its frames smaller.",
        )


def check_sides(width: int, height: int, name: str) -> None:
    """Raise `InvalidInput` where a clip of `width` × `height` pixels is too small, too large or too narrow."""
    size, (low, high) = f"is {width} × {height} pixels", _LIMITS.side_pixels or (1, math.inf)
    if min(width, height) < low or max(width, height) > high:
        raise InvalidInput(
            name, f"{size}; each side must be {_LIMITS.side_text}: {_remedy(_RESIZE, name)}."
        )
    narrow, wide = ASPECT
    if not narrow <= width / height <= wide:
        raise InvalidInput(
            name,
            f"{size}; width to height must be {ASPECT_TEXT}. Crop its frames, for example with"
            ' "Crop Image".',
        )


def check_seconds(seconds: float, name: str) -> None:
    """Raise `InvalidInput` where a clip that lasts `seconds` is too short or too long."""
    low, high = _LIMITS.seconds or (0.0, math.inf)
    if seconds < low - ROUNDING_SECONDS:
        raise InvalidInput(
            name,
            f"lasts {_shown(seconds)} s; the API takes clips of {_LIMITS.seconds_text}. Use a longer"
            " part of the video.",
        )
    if seconds > high + ROUNDING_SECONDS:
        remedy = _remedy(_TAKE_THE_LAST, name).format(seconds=high)
        raise InvalidInput(
            name,
            f"lasts {_shown(seconds)} s; the API takes clips of {_LIMITS.seconds_text}: {remedy}.",
        )


def _remedy(remedies: dict[str, str], name: str) -> str:
    return remedies.get(name, remedies["first_clip"])


def _shown(seconds: float) -> str:
    """Enough digits to see why 10.01 is not 10."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
