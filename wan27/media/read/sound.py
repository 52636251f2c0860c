"""The sound of an open file, decoded frame by frame, and where each frame belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.audio.resampler import AudioResampler

from ...errors import InvalidVideo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    from .clip import Clip
    from .container import OpenVideo

_JITTER_SECONDS = 0.02  # containers round times; what is further off is a gap


def decoded_sound(
    clip: Clip, opened: OpenVideo, tick: Callable[[], None]
) -> Iterator[tuple[AudioFrame, NDArray[np.float32]]]:
    """Each frame of sound with its samples, (channels, samples) float32: the format alone is converted, so nothing is held back."""
    # Packed, not planar: PyAV reads past the planes of eight channels, and the process crashes.
    resampler = AudioResampler(format="flt")
    for packet in opened.container.demux(opened.audio) if opened.audio else ():
        tick()
        for frame in packet.decode():
            try:
                converted = resampler.resample(frame)
            except ValueError as problem:
                raise InvalidVideo(
                    f"{clip.path.name} changes its sound's rate or channels on the way;"
                    " re-encode it."
                ) from problem
            for part in converted:
                yield (
                    frame,
                    part.to_ndarray()
                    .reshape(-1, part.layout.nb_channels)
                    .T.astype(np.float32, copy=False),
                )


def place_of(frame: AudioFrame, start_seconds: float, expected: int | None) -> int:
    """Where `frame` begins, in samples after `start_seconds`: at `expected`, behind the one before it, unless its time tells of a gap."""
    if frame.time is None:
        return expected or 0
    told = round((frame.time - start_seconds) * frame.sample_rate)
    return (
        told
        if expected is None or abs(told - expected) > _JITTER_SECONDS * frame.sample_rate
        else expected
    )


def lay(samples: NDArray[np.float32], position: int, waveform: NDArray[np.float32]) -> None:
    """Copy what of `samples`, which start at `position`, falls within `waveform`."""
    start, end = max(position, 0), min(position + samples.shape[1], waveform.shape[1])
    if start < end:
        waveform[:, start:end] = samples[:, start - position : end - position]
