"""How large and how fast the video is.

Pixel count near the tier's, aspect as the input, sides multiples of 16; 750 × 1000 at 720P → 816 × 1104
(https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference). 30 frames a second: https://docs.together.ai/docs/wan2.7-quickstart.
"""

from __future__ import annotations

from math import isqrt

from ... import limits

FRAMES_PER_SECOND = 30
_TIER_PIXELS = dict(zip(limits.RESOLUTIONS, (1280 * 720, 1920 * 1080), strict=True))
_MULTIPLE = 16


def output_size(width: int, height: int, resolution: str) -> tuple[int, int]:
    """Return (width, height) in pixels of the video for an input of that size; each side is floored to a multiple of 16."""
    pixels = _TIER_PIXELS[resolution]
    return _floored(isqrt(pixels * width // height)), _floored(isqrt(pixels * height // width))


def _floored(side: int) -> int:
    return side // _MULTIPLE * _MULTIPLE
