"""A picture of the graph as a PNG file, equal to the bit to what an 8-bit picture can hold of it; as JPEG only where the user allowed it.

Nothing is changed unannounced: what cannot be sent as it is (a batch, real transparency, no
numbers) is refused with what to do instead.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zlib

import torch
from PIL import Image

from ...errors import InvalidInput
from ...limits import MEDIA, MEGABYTE
from ...medium import ImageFile, too_large

logger = logging.getLogger(__name__)

# Runs of equal bytes are all that is worth searching for in a filtered photograph: four to seven
# times faster than Pillow's default and, with the faintest grain, as small; level 1 with zlib's own
# search is slower and a sixth larger.
_FAST = {"compress_level": 1, "compress_type": zlib.Z_RLE}
_SMALL = {"compress_level": 9}


_JPEG_QUALITIES = (98, 95)  # the better one that fits; below 95 the loss begins to show


def encode_image(
    image: torch.Tensor,
    name: str,
    fit_bytes: int = MEDIA["first_frame"].max_bytes,
    *,
    allow_jpeg: bool = False,
) -> ImageFile:
    """`image`, an IMAGE of one picture (1, H, W, C) or (H, W, C) of any float type in 0..1, as PNG without metadata.

    Values are rounded, and clamped to 0..255. C is 3; 1 is grey; 4 must be opaque. A file above
    `fit_bytes` is compressed once more, as well as zlib can; where that is not enough, `allow_jpeg`
    makes it a JPEG of the same size in pixels. What a picture is does not depend on how its file is
    made. Raises `InvalidInput` naming the socket `name`, with the ways out where the file is too
    large.
    """
    pixels = eight_bits(opaque(single(image, name), name)).contiguous().numpy()
    height, width, _ = pixels.shape
    picture = Image.fromarray(pixels)
    data, content_type = _smallest_png(picture, fit_bytes), "image/png"
    if len(data) > fit_bytes and allow_jpeg:
        data, content_type = _jpeg_instead(picture, fit_bytes, name, len(data)), "image/jpeg"
    if len(data) > fit_bytes:
        raise too_large(
            name, len(data), fit_bytes, content_type=content_type, pixels=(width, height)
        )
    shown = hashlib.sha256(f"{width}x{height} RGB8\n".encode() + pixels.tobytes()).hexdigest()
    return ImageFile(
        data, width, height, shown, thumbnail=encode_thumbnail(picture), content_type=content_type
    )


def single(image: torch.Tensor, name: str) -> torch.Tensor:
    """The one picture in `image`, (H, W, C) float32 or float64 on the CPU."""
    if image.ndim == 4 and image.shape[0] > 1:
        count = image.shape[0]
        raise InvalidInput(
            name,
            f'holds {count} pictures, and one is needed; use "Image From Batch" (listed as "Get'
            ' Image from Batch") to pick one.',
        )
    if image.ndim not in (3, 4) or not image.numel():
        raise InvalidInput(
            name, f"holds no picture (its shape is {tuple(image.shape)}); connect an IMAGE."
        )
    if not image.is_floating_point():
        raise InvalidInput(
            name,
            f"holds numbers of type {image.dtype} instead of floats in 0..1; connect an IMAGE.",
        )
    picture = image.detach().reshape(image.shape[-3:]).cpu()
    # 255 times a half-precision value falls between two halves; float64 is kept, it is never less
    # exact.
    picture = picture if picture.dtype == torch.float64 else picture.float()
    if not torch.isfinite(picture).all():
        raise InvalidInput(
            name,
            "holds values that are no numbers (NaN or infinity); look for the node before it that"
            " makes them.",
        )
    return picture


def opaque(picture: torch.Tensor, name: str) -> torch.Tensor:
    """`picture` (H, W, C) with three channels; transparency is refused, since each way to flatten it shows another picture."""
    channels = picture.shape[-1]
    if channels == 1:
        return picture.expand(-1, -1, 3)
    if channels == 4 and not (eight_bits(picture[..., 3]) == 255).all():
        raise InvalidInput(
            name,
            "has transparent parts, which the API does not take; drop the alpha with the node"
            ' "Split Image with Alpha", or put the picture on a background with "Image Composite'
            ' Masked".',
        )
    if channels not in (3, 4):
        raise InvalidInput(
            name, f"has {channels} channels; a picture has 1 (grey), 3 (RGB) or 4 (RGBA, opaque)."
        )
    return picture[..., :3]


def eight_bits(values: torch.Tensor) -> torch.Tensor:
    """Floats in 0..1 as 0..255: rounded, since truncating darkens by half a step, and clamped, since 1.004 would wrap to 0."""
    return values.mul(255).round_().clamp_(0, 255).to(torch.uint8)


def _smallest_png(picture: Image.Image, fit_bytes: int) -> bytes:
    data = _png(picture, **_FAST)
    return data if len(data) <= fit_bytes else min(data, _png(picture, **_SMALL), key=len)


def _png(picture: Image.Image, **compression: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="PNG", **compression)
    return file.getvalue()


def _jpeg_instead(picture: Image.Image, fit_bytes: int, name: str, png_bytes: int) -> bytes:
    """The best JPEG that fits, or the smallest; the log says so."""
    for quality in _JPEG_QUALITIES:
        data = encode_jpeg(picture, quality)
        if len(data) <= fit_bytes:
            sizes = (len(data) / MEGABYTE, quality, png_bytes / MEGABYTE, fit_bytes // MEGABYTE)
            logger.warning(
                "Wan 2.7: %s becomes a JPEG of %.1f MB (quality %d): as PNG it is %.1f MB, and %d"
                " MB is the limit.",
                name,
                *sizes,
            )
            break
    return data


_SMALL_SIDE = 256  # pixels
_SMALL_QUALITY = 85  # 9 to 25 KB for most pictures, of noise 75


def encode_jpeg(picture: Image.Image, quality: int) -> bytes:
    """`picture`, mode RGB, as a JPEG file of its full size.

    At quality 98 most pictures are off by 0.6 of 255 on average, at 95 by 0.9; pure noise by 1.4
    and 3.2.
    """
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def encode_thumbnail(picture: Image.Image) -> bytes:
    """`picture`, mode RGB, averaged down to at most 256 pixels a side, as a JPEG file."""
    scale = min(1.0, _SMALL_SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return encode_jpeg(picture.resize(size, Image.Resampling.BOX), _SMALL_QUALITY)
