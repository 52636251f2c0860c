"""The graph's IMAGE and AUDIO, checked before they are encoded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...errors import InvalidInput
from ..decode.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAX_CHANNELS = 8  # of sound
# FFmpeg's default layout for each number of channels.
_LAYOUTS = {
    1: "mono",
    2: "stereo",
    3: "2.1",
    4: "4.0",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}
_RATES = (8000, 192000)  # samples a second; no host expects others


def one_image(image: torch.Tensor, name: str) -> torch.Tensor:
    """Return the one image in `image`, an IMAGE, as (H, W, C) float32 or float64 on the CPU."""
    if image.ndim == 4 and image.shape[0] > 1:
        raise InvalidInput(
            name,
            f'has {image.shape[0]} images; one is needed. Pick one with "Image From Batch" (listed'
            ' as "Get Image from Batch"). Nothing was sent.',
        )
    if image.ndim not in (3, 4) or not image.numel():
        raise no_image(image, name)
    if not image.is_floating_point():
        raise InvalidInput(
            name,
            f"has values of type {image.dtype} instead of floats in 0..1. Connect an IMAGE. Nothing"
            " was sent.",
        )
    pixels = image.detach().reshape(image.shape[-3:]).cpu()
    # 255 times a half-precision value falls between two of its steps. float64 stays: it is never
    # less exact.
    pixels = pixels if pixels.dtype == torch.float64 else pixels.float()
    _check_finite(pixels, name)
    return pixels


def no_image(image: torch.Tensor, name: str) -> InvalidInput:
    """Return the error for a tensor without images."""
    return InvalidInput(
        name,
        f"has no images (its shape is {tuple(image.shape)}). Connect an IMAGE. Nothing was sent.",
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
            ' "Image Composite Masked". Nothing was sent.',
        )
    if channels not in (3, 4):
        raise InvalidInput(
            name,
            f"has {channels} channels. Connect an image with 1 (gray), 3 (RGB) or 4 (RGBA, opaque)."
            " Nothing was sent.",
        )
    return pixels[..., :3]


def eight_bits(values: torch.Tensor) -> torch.Tensor:
    """Return floats in 0..1 as bytes.

    Rounded, since truncation darkens by half a step, and clamped, since 1.004 would wrap to 0.
    """
    return values.mul(255).round_().clamp_(0, 255).to(torch.uint8)


def sixteen_bits(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return floats in -1..1 as 16-bit samples, little-endian, as FFmpeg rounds and clamps them."""
    rounded: NDArray[np.float32] = np.rint(samples * np.float32(32768))
    return rounded.clip(-32768, 32767).astype(np.dtype("<i2"))


def sound_of(audio: Mapping[str, Any], name: str, max_seconds: float = math.inf) -> Sound:
    """Return the one sound in an AUDIO; float32 is not copied.

    `waveform` is (1, channels, samples) of any float type. What comes after `max_seconds` is
    dropped unread. Raises `InvalidInput` naming the input `name` for a batch, more than 8 channels,
    no samples, NaN or Inf, or an absurd sample rate.
    """
    seconds, waveform, rate = seconds_of(audio, name), audio["waveform"], audio["sample_rate"]
    if seconds > max_seconds:
        waveform = waveform[..., : round(max_seconds * rate)]
    samples = waveform.detach()[0].cpu().float()
    _check_finite(samples, name)
    return Sound(samples.numpy(), rate, _LAYOUTS[samples.shape[0]])


def seconds_of(audio: Mapping[str, Any], name: str) -> float:
    """Return how long an AUDIO lasts, without reading its samples.

    Raises as `sound_of` does, except for NaN and Inf.
    """
    waveform, rate = audio.get("waveform"), audio.get("sample_rate")
    if (
        not isinstance(waveform, torch.Tensor)
        or waveform.ndim != 3
        or not waveform.is_floating_point()
    ):
        raise InvalidInput(
            name,
            "is not an AUDIO (its waveform must be a float tensor of batch × channels × samples)."
            " Connect an AUDIO. Nothing was sent.",
        )
    batch, channels, _ = waveform.shape
    if not waveform.numel():
        raise InvalidInput(
            name,
            "is empty (it has no samples). Check the node that feeds it, or disconnect the input."
            " Nothing was sent.",
        )
    if batch != 1:
        raise InvalidInput(
            name,
            f"has {batch} sounds; one is needed. Connect a single AUDIO instead of a batch. Nothing"
            " was sent.",
        )
    if channels not in _LAYOUTS:
        raise InvalidInput(
            name,
            f"has {channels} channels; at most {MAX_CHANNELS} are supported. Mix it down to stereo"
            " first. Nothing was sent.",
        )
    low, high = _RATES
    if isinstance(rate, bool) or not isinstance(rate, int) or not low <= rate <= high:
        raise InvalidInput(
            name,
            f"has a sample rate of {rate!r}; {low} to {high} Hz are supported. Resample it first."
            " Nothing was sent.",
        )
    return float(waveform.shape[-1] / rate)


def _check_finite(values: torch.Tensor, name: str) -> None:
    if not torch.isfinite(values).all():
        raise InvalidInput(
            name, "contains NaN or Inf values. Check the node that feeds it. Nothing was sent."
        )
