"""The graph's IMAGE, checked before it is encoded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...errors import InvalidInput
from ..colour.pixels import copy_to_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CHANNELS = 4
# What an IMAGE beyond 0..1 may be. Upscalers and sharpeners overshoot at edges; clamped, that is
# not seen. Values of 0..255 or -1..1 would be paid for as a white or half black image.
_NEVER = 3.0  # beyond 0..1; a night sky of 0..255 has few such values
# How far beyond 0..1, and the most of all values. No filter overshoots by 0.75: Lanczos reaches
# 0.69 at its worst pattern. Edges and grain are a few percent of an image.
_SHARES = ((0.75, 0.005), (0.25, 0.08))
_BELOW, _BELOW_SHARE = 0.05, 0.2  # a flat -1..1 image is near 0, and half of it below


def as_images(image: Any, name: str) -> torch.Tensor:
    """Return an IMAGE as (B, H, W, C), in its own type: a NumPy array, gray or 8 bits are clear.

    Raises `InvalidInput` naming the input `name` for what is not an image.
    """
    if isinstance(image, list | tuple) and len(image) == 1:
        image = image[0]
    image = tensor_of(image)
    if not isinstance(image, torch.Tensor):
        raise InvalidInput(name, f"is not an IMAGE (it is {_kind(image)}). Connect one.")
    if not 2 <= image.ndim <= 4 or not image.numel() or image.is_meta:
        raise no_image(image, name)
    if image.ndim == 4 and image.shape[1] <= _MOST_CHANNELS < image.shape[-1]:
        raise InvalidInput(
            name,
            f"has its channels before its pixels (its shape is {tuple(image.shape)}); an IMAGE is"
            " batch × height × width × channels. Check the node that feeds it.",
        )
    is_gray = image.ndim == 2 or (image.ndim == 3 and image.shape[-1] > _MOST_CHANNELS)
    images = image[..., None] if is_gray else image
    images = images if images.ndim == 4 else images[None]
    if images.dtype == torch.uint8:
        _check_bytes(images, name)
    elif not images.is_floating_point() and images.dtype != torch.bool:
        raise InvalidInput(
            name, f"has values of type {image.dtype} instead of floats in 0..1. Connect an IMAGE."
        )
    return images


def _kind(value: Any) -> str:
    is_list = isinstance(value, list | tuple)
    return f"a {type(value).__name__} of {len(value)}" if is_list else type(value).__name__


def tensor_of(value: Any) -> Any:
    """Return a NumPy array of numbers as a tensor, and a tensor that is packed otherwise unpacked.

    Anything else is returned unchanged.
    """
    if isinstance(value, torch.Tensor):
        value = value.to_dense() if value.layout is not torch.strided else value
        return value.dequantize() if value.is_quantized else value
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        return value
    try:
        native = value.astype(value.dtype.newbyteorder("="), copy=False)
        return torch.from_numpy(np.ascontiguousarray(native))
    except TypeError:  # a type that torch does not have
        return value


def one_image(image: Any, name: str) -> torch.Tensor:
    """Return the one image in `image`, an IMAGE, as (H, W, C) float32 or float64 on the CPU."""
    images = as_images(image, name)
    if images.shape[0] > 1:
        raise InvalidInput(
            name,
            f'has {images.shape[0]} images; one is needed. Pick one with "Image From Batch" (listed'
            ' as "Get Image from Batch").',
        )
    return floats_of(images[0], name)


def floats_of(pixels: torch.Tensor, name: str) -> torch.Tensor:
    """Return one image of `as_images`, (H, W, C), as checked floats on the CPU."""
    pixels = pixels.detach().cpu()
    if pixels.dtype == torch.uint8:
        return pixels.float().div(255)
    # 255 times a half-precision value falls between two of its steps. float64 stays: it is never
    # less exact.
    pixels = pixels if pixels.dtype == torch.float64 else pixels.float()
    _check_range(pixels, name)
    return pixels


def no_image(image: torch.Tensor, name: str) -> InvalidInput:
    """Return the error for a tensor without images."""
    return InvalidInput(
        name, f"has no images (its shape is {tuple(image.shape)}). Connect an IMAGE."
    )


def opaque(pixels: torch.Tensor, name: str) -> torch.Tensor:
    """Return `pixels` (H, W, C) with three channels.

    Transparency is refused: each way to flatten it shows another image.
    """
    channels = pixels.shape[-1]
    if channels == 1:
        return pixels.expand(-1, -1, 3)
    if channels == 4 and not (eight_bits(pixels[..., 3]) == 255).all():
        raise InvalidInput(
            name,
            "has transparent parts, which the API does not accept. Remove the alpha with"
            ' "Split Image with Alpha", or put the image on a background with'
            ' "Image Composite Masked".',
        )
    if channels not in (3, 4):
        raise InvalidInput(
            name,
            f"has {channels} channels. Connect an image with 1 (gray), 3 (RGB) or 4 (RGBA,"
            " opaque).",
        )
    return pixels[..., :3]


def eight_bits(values: torch.Tensor) -> NDArray[np.uint8]:
    """Return floats in 0..1 as bytes, rounded and clamped; contiguous."""
    pixels = np.empty(tuple(values.shape), np.uint8)
    copy_to_bytes(values.numpy(), pixels)
    return pixels


def span_of(values: torch.Tensor, name: str) -> tuple[float, float]:
    """Return the lowest and the highest of `values`.

    Raises `InvalidInput` naming `name` where one is NaN or infinite.
    """
    # NaN in any value comes out of both. `isfinite` would take ten times as long.
    low, high = (float(value) for value in values.aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InvalidInput(name, "contains NaN or Inf values. Check the node that feeds it.")
    return low, high


def _check_bytes(images: torch.Tensor, name: str) -> None:
    """Refuse bytes that are all 0 and 1: black in 0..255, and white in 0..1."""
    if int(images.max()) == 1:
        raise InvalidInput(
            name,
            "has only the whole numbers 0 and 1 where 0 to 255 are expected. Connect an IMAGE of"
            " floats in 0..1.",
        )


def _check_range(pixels: torch.Tensor, name: str) -> None:
    """Refuse NaN, Inf, and values so many or so far outside 0..1 that they are of another range."""
    low, high = span_of(pixels, name)
    if low >= -_BELOW and high <= 1 + _BELOW:
        return
    is_other = (
        low < -_NEVER
        or high > 1 + _NEVER
        or any(_share((pixels < -far) | (pixels > 1 + far)) > most for far, most in _SHARES)
        or _share(pixels < -_BELOW) > _BELOW_SHARE
    )
    if is_other:
        remedy = (
            "If it outputs -1 to 1, add 1 and halve them."
            if low < -_BELOW
            else "If it outputs 0 to 255, divide them by 255."
        )
        raise InvalidInput(
            name,
            f"has values from {low:.3g} to {high:.3g}; an IMAGE has 0 to 1, and the rest would be"
            f" lost. Check the node that feeds it. {remedy}",
        )


def _share(chosen: torch.Tensor) -> float:
    return float(chosen.float().mean())
