"""Sound on its way into a file: an AUDIO that was checked, and its samples as frames for an encoder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from ..errors import InvalidInput

RATES = (8000, 192000)  # samples a second; what lies outside is no sound that a host would expect
_PART = 4096  # samples in one frame
CHANNELS = 8  # at most
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}  # FFmpeg's own default for each count


@dataclass(frozen=True, slots=True)
class Sound:
    """`samples` is (channels, N) float32 in -1..1, `rate` in samples a second, `layout` FFmpeg's name of the channels ("5.1")."""

    samples: NDArray[np.float32] = field(repr=False)
    rate: int
    layout: str

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.samples.shape[1] / self.rate)

    @property
    def sent_channels(self) -> int:
        """One stays one; more than two are mixed down to two, since nobody says that a host takes 5.1."""
        return min(int(self.samples.shape[0]), 2)

    @property
    def sent_layout(self) -> str:
        """FFmpeg's name of the channels that are sent."""
        return "mono" if self.sent_channels == 1 else "stereo"

    def frames(self) -> Iterator[AudioFrame]:
        """All samples in order, in parts of some milliseconds, stamped with their time."""
        for start in range(0, self.samples.shape[1], _PART):
            part = np.ascontiguousarray(self.samples[:, start : start + _PART].T).reshape(1, -1)
            # Packed, because PyAV miscounts the planes of eight channels.
            frame = AudioFrame.from_ndarray(part, format="flt", layout=self.layout)
            frame.sample_rate, frame.pts, frame.time_base = self.rate, start, Fraction(1, self.rate)
            yield frame


def sound_of(audio: Mapping[str, Any], name: str, most_seconds: float = math.inf) -> Sound:
    """ComfyUI's AUDIO, `waveform` (1, channels, samples) of any float type and `sample_rate`, as one sound; float32 is not copied.

    What comes after `most_seconds` is left out before it is looked at. Raises `InvalidInput` naming the socket `name` for a batch, more
    than 8 channels, no samples, no numbers, or an absurd rate.
    """
    lasts, waveform, rate = seconds_of(audio, name), audio["waveform"], audio["sample_rate"]
    if lasts > most_seconds:
        waveform = waveform[..., : round(most_seconds * rate)]
    samples = waveform.detach()[0].cpu().float()
    if not torch.isfinite(samples).all():
        raise InvalidInput(name, "holds values that are no numbers (NaN or infinity); look for the node before it that makes them.")
    return Sound(samples.numpy(), rate, _LAYOUTS[samples.shape[0]])


def seconds_of(audio: Mapping[str, Any], name: str) -> float:
    """How long an AUDIO lasts; its samples are not touched. Raises as `sound_of` does, but for values that are no numbers."""
    waveform, rate = audio.get("waveform"), audio.get("sample_rate")
    if not isinstance(waveform, torch.Tensor) or waveform.ndim != 3 or not waveform.is_floating_point():
        raise InvalidInput(name, "is no sound (its waveform is not a tensor of floats, batch × channels × samples); connect an AUDIO.")
    batch, channels, _ = waveform.shape
    if not waveform.numel():
        raise InvalidInput(name, "is empty (it holds no samples); look for the node before it, or leave the input unconnected.")
    if batch != 1:
        raise InvalidInput(name, f"holds {batch} sounds, and one is needed; connect a single AUDIO instead of a batch.")
    if channels not in _LAYOUTS:
        raise InvalidInput(name, f"has {channels} channels; at most {CHANNELS} are understood. Mix it down to stereo first.")
    low, high = RATES
    if isinstance(rate, bool) or not isinstance(rate, int) or not low <= rate <= high:
        raise InvalidInput(name, f"has {rate!r} samples a second; {low} to {high} are understood. Resample it first.")
    return float(waveform.shape[-1] / rate)
