"""JPEG that keeps colours where they are: no chroma subsampling, no metadata."""

from __future__ import annotations

import io

from PIL import Image

_SMALL_SIDE = 256  # pixels
_SMALL_QUALITY = 85  # 9 to 25 KB for most pictures, of noise 75


def encode_jpeg(picture: Image.Image, quality: int) -> bytes:
    """`picture`, mode RGB, as a JPEG file of its full size.

    At quality 98 most pictures are off by 0.6 of 255 on average, at 95 by 0.9; pure noise by 1.4 and 3.2.
    """
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def encode_small(picture: Image.Image) -> bytes:
    """`picture`, mode RGB, averaged down to at most 256 pixels a side, as a JPEG file."""
    scale = min(1.0, _SMALL_SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return encode_jpeg(picture.resize(size, Image.Resampling.BOX), _SMALL_QUALITY)
