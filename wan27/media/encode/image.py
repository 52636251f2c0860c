"""An IMAGE as a PNG file, equal to the bit in 8 bits; as JPEG only where the user allowed it.

Nothing is changed without notice: what cannot be sent unchanged (a batch, transparency, NaN) is
refused with what to do instead.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from ...limits import MEDIA, MEGABYTE
from ...medium import ImageFile, too_large
from .tensors import eight_bits, one_image, opaque

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

# In a filtered photograph only runs of equal bytes are worth searching for: four to seven times
# faster than Pillow's default and, with the faintest grain, as small. Level 1 with zlib's own
# search is slower and a sixth larger.
_FAST = {"compress_level": 1, "compress_type": zlib.Z_RLE}
_SMALL = {"compress_level": 9}

_JPEG_QUALITIES = (98, 95)  # the better one that fits; below 95 the loss becomes visible

_THUMBNAIL_SIDE = 256  # pixels
_THUMBNAIL_QUALITY = 85  # 9 to 25 KB for most images, 75 KB for noise


def encode_image(
    image: torch.Tensor,
    name: str,
    fit_bytes: int = MEDIA["first_frame"].max_bytes,
    *,
    allow_jpeg: bool = False,
    check: Callable[[], None] = lambda: None,
) -> ImageFile:
    """Encode an IMAGE of one image, (1, H, W, C), (H, W, C) or (H, W) in 0..1 or bytes, as PNG.

    Values are rounded, and clamped to 0..255. C is 3, 1 (gray) or 4 (opaque). A file above
    `fit_bytes` is compressed again, as small as zlib can; if that is not enough, `allow_jpeg` makes
    it a JPEG of the same size in pixels. The content hash does not depend on how the file is made.
    `check` is called often while the PNG is compressed, and may raise to stop it.
    Raises `InvalidInput` naming the input `name`.
    """
    pixels = eight_bits(opaque(one_image(image, name), name))
    height, width, _ = pixels.shape
    bitmap = Image.fromarray(pixels)
    data, content_type = _smallest_png(bitmap, fit_bytes, check), "image/png"
    if len(data) > fit_bytes and allow_jpeg:
        data, content_type = _jpeg_instead(bitmap, fit_bytes, name, len(data)), "image/jpeg"
    if len(data) > fit_bytes:
        raise too_large(
            name, len(data), fit_bytes, content_type=content_type, pixels=(width, height)
        )
    digest = hashlib.sha256(f"{width}x{height} RGB8\n".encode())
    digest.update(pixels.data)  # not a copy, for which every other thread would wait
    return ImageFile(
        data,
        width,
        height,
        digest.hexdigest(),
        thumbnail=encode_thumbnail(bitmap),
        content_type=content_type,
    )


def _smallest_png(bitmap: Image.Image, fit_bytes: int, check: Callable[[], None]) -> bytes:
    data = _png(bitmap, check, **_FAST)
    return data if len(data) <= fit_bytes else min(data, _png(bitmap, check, **_SMALL), key=len)


class _CheckedFile(io.BytesIO):
    """A file that calls `check` at each write, so that a cancel ends its encoder."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check

    def write(self, data: Any, /) -> int:
        """Write a part of the file, unless `check` raises."""
        self._check()
        return super().write(data)


def _png(bitmap: Image.Image, check: Callable[[], None], **compression: int) -> bytes:
    file = _CheckedFile(check)
    bitmap.save(file, format="PNG", **compression)
    return file.getvalue()


def _jpeg_instead(bitmap: Image.Image, fit_bytes: int, name: str, png_bytes: int) -> bytes:
    """Return the best JPEG that fits, or else the smallest, and log it."""
    for quality in _JPEG_QUALITIES:
        data = encode_jpeg(bitmap, quality)
        if len(data) <= fit_bytes:
            logger.warning(
                "Wan 2.7: %s is sent as a JPEG of %.1f MB (quality %d): as PNG it has %.1f MB, and"
                " the limit is %d MB.",
                name,
                len(data) / MEGABYTE,
                quality,
                png_bytes / MEGABYTE,
                fit_bytes // MEGABYTE,
            )
            break
    return data


def encode_jpeg(bitmap: Image.Image, quality: int) -> bytes:
    """Encode `bitmap`, mode RGB, as a JPEG file of its full size.

    The mean error of most images is 0.6 of 255 at quality 98, and 0.9 at 95; of pure noise 1.4 and
    3.2.
    """
    file = io.BytesIO()
    bitmap.save(file, format="JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def encode_thumbnail(bitmap: Image.Image) -> bytes:
    """Encode `bitmap`, mode RGB, averaged down to at most 256 pixels a side, as a JPEG file."""
    scale = min(1.0, _THUMBNAIL_SIDE / max(bitmap.size))
    size = max(1, round(bitmap.width * scale)), max(1, round(bitmap.height * scale))
    return encode_jpeg(bitmap.resize(size, Image.Resampling.BOX), _THUMBNAIL_QUALITY)
