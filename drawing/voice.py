"""Make the voice of the template Wan27 Talking Head, `example_workflows/wan27_voice.mp3`.

No one spoke it: a pulse train, filtered by the resonances of a vocal tract as it moves through a
few vowels, with short closures between them.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from scripts.environment import ROOT

VOICE = ROOT / "example_workflows" / "wan27_voice.mp3"
_RATE = 16_000
_BANDWIDTHS = (80.0, 100.0, 140.0)  # Hz, of the three resonances
# The three resonances in Hz, as in a table of vowels, and the pitch in Hz of each syllable.
_SYLLABLES = [
    ((270, 2290, 3010), 125),
    ((730, 1090, 2440), 140),
    ((530, 1840, 2480), 132),
    ((300, 870, 2240), 118),
    ((730, 1090, 2440), 135),
    ((390, 1990, 2550), 128),
    ((570, 840, 2410), 112),
    ((270, 2290, 3010), 122),
    ((660, 1720, 2410), 116),
    ((440, 1020, 2240), 100),
]
_SYLLABLE_SECONDS, _CLOSURE_SECONDS = 0.32, 0.08

Samples = NDArray[np.float64]


def voice() -> Samples:
    """Return 4 s of the voice, (samples,) in -1..1 at 16 kHz."""
    length = round(_SYLLABLE_SECONDS * _RATE)
    closure = np.zeros(round(_CLOSURE_SECONDS * _RATE))
    parts = [
        part
        for resonances, pitch in _SYLLABLES
        for part in (_syllable(resonances, pitch, length), closure)
    ]
    samples: Samples = np.concatenate(parts)
    samples *= 0.7 / np.abs(samples).max()
    return samples


def _syllable(resonances: tuple[int, int, int], pitch: int, length: int) -> Samples:
    time = np.arange(length) / _RATE
    falling = pitch * (1.08 - 0.16 * time / time[-1])
    phase = np.cumsum(falling / _RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    for frequency, bandwidth in zip(resonances, _BANDWIDTHS, strict=True):
        pulses = _resonate(pulses, frequency, bandwidth)
    loudness = np.sin(np.pi * np.linspace(0, 1, length)) ** 0.5
    syllable: Samples = pulses * loudness / np.abs(pulses).max()
    return syllable


def _resonate(samples: Samples, frequency: float, bandwidth: float) -> Samples:
    """Filter with one resonance: two poles."""
    radius = np.exp(-np.pi * bandwidth / _RATE)
    first = 2 * radius * np.cos(2 * np.pi * frequency / _RATE)
    out = np.zeros(len(samples) + 2)
    for index, sample in enumerate(samples):
        out[index + 2] = sample + first * out[index + 1] - radius**2 * out[index]
    return out[2:]


def main() -> int:
    """Write the file."""
    samples = (voice() * 32767).astype(np.int16)
    with av.open(str(VOICE), "w") as container:
        stream = container.add_stream("mp3", rate=_RATE, layout="mono", bit_rate=48_000)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16p", layout="mono")
        frame.sample_rate, frame.time_base = _RATE, Fraction(1, _RATE)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
