"""The graph's AUDIO, checked before it is encoded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...errors import InvalidInput
from ..decode.sound import Sound
from .tensors import span_of, tensor_of

if TYPE_CHECKING:
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
# Whole numbers as sound files have them: the step of one, and what silence is.
_WHOLE = {torch.uint8: (128, 128), torch.int16: (32768, 0), torch.int32: (2147483648, 0)}
_LOUDEST = 100.0  # a mix may be far above 1; 16-bit numbers taken for floats are farther


def sixteen_bits(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return floats in -1..1 as 16-bit samples, little-endian, as FFmpeg rounds and clamps them."""
    rounded: NDArray[np.float32] = np.rint(samples * np.float32(32768))
    return rounded.clip(-32768, 32767).astype(np.dtype("<i2"))


def sound_of(audio: Any, name: str, max_seconds: float = math.inf) -> Sound:
    """Return the one sound in an AUDIO; float32 is not copied.

    Its `waveform` is (1, channels, samples), (channels, samples) or (samples) of any float type, or
    of 8, 16 or 32-bit PCM; torch or NumPy. What comes after `max_seconds` is dropped unread. Raises
    `InvalidInput` naming the input `name` for a batch, more than 8 channels, no samples, NaN or
    Inf, values far outside -1..1, an absurd rate, or a mapping that fails when it is read.
    """
    waveform, rate = _waveform_and_rate(audio, name)
    _check_shape(waveform, name)
    if waveform.shape[-1] / rate > max_seconds:
        waveform = waveform[..., : round(max_seconds * rate)]
    samples = waveform.detach()[0].cpu()
    step, silence = _WHOLE.get(samples.dtype, (1, 0))
    samples = samples.float() if step == 1 else (samples.double() - silence).div(step).float()
    low, high = span_of(samples, name) if samples.numel() else (0.0, 0.0)
    peak = max(-low, high)
    if peak > _LOUDEST:
        raise InvalidInput(
            name,
            f"has values up to {peak:.4g}; an AUDIO has -1 to 1. Check the node that feeds it.",
        )
    return Sound(samples.numpy(), rate, _LAYOUTS[samples.shape[0]])


def seconds_of(audio: Any, name: str) -> float:
    """Return how long an AUDIO lasts, without reading its samples.

    Raises as `sound_of` does, except for the values of samples.
    """
    waveform, rate = _waveform_and_rate(audio, name)
    _check_shape(waveform, name)
    return float(waveform.shape[-1] / rate)


def sound_of_clip(audio: Any, name: str, max_seconds: float) -> Sound | None:
    """Return the AUDIO of a VIDEO with `sound_of`; None where it is None or has no samples.

    Raises `InvalidInput` naming the VIDEO's input `name`.
    """
    if audio is None or (isinstance(audio, dict) and not audio):
        return None
    try:
        waveform, _ = _waveform_and_rate(audio, "its audio", may_lack_rate=True)
        return sound_of(audio, "its audio", max_seconds) if waveform.numel() else None
    except InvalidInput as error:
        problem = f"has sound that cannot be used: {error.name} {error.problem}"
        raise InvalidInput(name, problem) from error


def _waveform_and_rate(
    audio: Any, name: str, *, may_lack_rate: bool = False
) -> tuple[torch.Tensor, int]:
    """Return the waveform as (batch, channels, samples), and the rate in Hz."""
    if isinstance(audio, list | tuple) and len(audio) == 1:
        audio = audio[0]
    if not isinstance(audio, Mapping):
        raise _no_audio(name, f"it is {type(audio).__name__}")
    try:
        waveform, rate = audio["waveform"], audio["sample_rate"]
    except KeyError as error:
        raise _no_audio(name, f"it lacks {error}") from error
    except Exception as error:  # a mapping that loads its sound fails with the loader's own error
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InvalidInput(
            name,
            f"cannot be loaded ({said}). Does its file have sound? Check the node that feeds it, or"
            " disconnect the input.",
        ) from error
    waveform = tensor_of(waveform)
    if not isinstance(waveform, torch.Tensor) or not 1 <= waveform.ndim <= 3 or waveform.is_meta:
        raise _no_audio(name, "its waveform must be a tensor of batch × channels × samples")
    if not waveform.is_floating_point() and waveform.dtype not in _WHOLE:
        raise _no_audio(name, f"its waveform must be floats, not {waveform.dtype}")
    waveform = waveform.reshape((1,) * (3 - waveform.ndim) + tuple(waveform.shape))
    return waveform, 0 if may_lack_rate else _whole_rate(rate, name)


def _no_audio(name: str, reason: str) -> InvalidInput:
    return InvalidInput(name, f"is not an AUDIO ({reason}). Connect an AUDIO.")


def _whole_rate(rate: Any, name: str) -> int:
    """Return a rate that was given as any kind of number: 44100.0, "44100", a tensor."""
    if isinstance(rate, torch.Tensor | np.ndarray | np.generic) and math.prod(rate.shape) == 1:
        rate = rate.item()
    low, high = _RATES
    try:
        number = math.nan if isinstance(rate, bool) else float(rate)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last one is a tensor's
        number = math.nan
    if math.isnan(number):
        shown = " ".join(repr(rate).split())[:80]
        raise InvalidInput(
            name,
            f"has a sample rate of {shown}, which is not a number. Check the node that feeds it.",
        )
    if not low <= number <= high or not number.is_integer():
        raise InvalidInput(
            name,
            f"has a sample rate of {number:.10g}; {low} to {high} Hz are supported, without a"
            " fraction. Resample it first.",
        )
    return int(number)


def _check_shape(waveform: torch.Tensor, name: str) -> None:
    batch, channels, count = waveform.shape
    if not waveform.numel():
        raise InvalidInput(
            name,
            "is empty (it has no samples). Check the node that feeds it, or disconnect the input.",
        )
    if batch != 1:
        raise InvalidInput(
            name, f"has {batch} sounds; one is needed. Connect a single AUDIO instead of a batch."
        )
    if channels > MAX_CHANNELS >= count:
        raise InvalidInput(
            name,
            f"has its samples before its channels ({channels} × {count}); an AUDIO is batch ×"
            " channels × samples. Check the node that feeds it.",
        )
    if channels not in _LAYOUTS:
        raise InvalidInput(
            name,
            f"has {channels} channels; at most {MAX_CHANNELS} are supported. Mix it down to stereo"
            " first.",
        )
