"""A video's sound as ComfyUI's AUDIO, exactly as long as its pictures.

AAC ends in padding, and sound may start before or after the first picture. Cut and padded to the pictures, frames and sound stay together
whatever a graph does with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
import torch
from av.audio.resampler import AudioResampler

from ..errors import InvalidVideo
from .clip import check_complete, probe
from .container import open_video
from .memory import take_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    from .clip import Clip
    from .container import OpenVideo

_SILENCE_CHANNELS, _SILENCE_RATE = 2, 44100
_JITTER_SECONDS = 0.02  # containers round times; what is further off is a gap


class Audio(TypedDict):
    """ComfyUI's AUDIO: `waveform` is (1, channels, samples) float32 in -1..1, `sample_rate` in samples a second."""

    waveform: torch.Tensor
    sample_rate: int


def decode_audio(path: Path, tick: Callable[[], None]) -> Audio:
    """The first sound stream of `path`, all channels at its own rate, from the first picture to the end of the last one.

    Sound that starts late or ends early is padded with silence, sound that runs on is cut; a video without sound gives stereo silence at
    44100 Hz. Blocks, so call it in a thread; what `tick` raises ends the work and is passed on. Raises `InvalidVideo` for a file that
    cannot be read or is cut short, `NotEnoughMemory` for one that claims to last for days.
    """
    clip = probe(path, tick)
    check_complete(clip)
    with open_video(path) as opened:
        return _read(clip, opened, tick) or _silence(clip, _SILENCE_CHANNELS, _SILENCE_RATE)


def _silence(clip: Clip, channels: int, sample_rate: int) -> Audio:
    samples = take_silence(clip, channels, round(clip.seconds * sample_rate))
    return {"waveform": torch.from_numpy(samples)[None], "sample_rate": sample_rate}


def _read(clip: Clip, opened: OpenVideo, tick: Callable[[], None]) -> Audio | None:
    """The file's sound laid over silence; None where it holds none."""
    track: Audio | None = None
    position: int | None = None
    for frame, samples in decoded_sound(clip, opened, tick):
        if track is None:
            track = _silence(clip, samples.shape[0], frame.sample_rate)
        position = place_of(frame, clip.start_seconds, position)
        lay(samples, position, track["waveform"][0].numpy())
        position += samples.shape[1]
    return track


def decoded_sound(clip: Clip, opened: OpenVideo, tick: Callable[[], None]) -> Iterator[tuple[AudioFrame, NDArray[np.float32]]]:
    """Each frame of sound with its samples, (channels, samples) float32: the format alone is converted, so nothing is held back."""
    # Packed, not planar: PyAV reads past the planes of eight channels, and the process crashes.
    resampler = AudioResampler(format="flt")
    for packet in opened.container.demux(opened.audio) if opened.audio else ():
        tick()
        for frame in packet.decode():
            try:
                converted = resampler.resample(frame)
            except ValueError as problem:
                raise InvalidVideo(f"{clip.path.name} changes its sound's rate or channels on the way; re-encode it.") from problem
            for part in converted:
                yield frame, part.to_ndarray().reshape(-1, part.layout.nb_channels).T.astype(np.float32, copy=False)


def place_of(frame: AudioFrame, start_seconds: float, expected: int | None) -> int:
    """Where `frame` begins, in samples after `start_seconds`: at `expected`, behind the one before it, unless its time tells of a gap."""
    if frame.time is None:
        return expected or 0
    told = round((frame.time - start_seconds) * frame.sample_rate)
    return told if expected is None or abs(told - expected) > _JITTER_SECONDS * frame.sample_rate else expected


def lay(samples: NDArray[np.float32], position: int, waveform: NDArray[np.float32]) -> None:
    """Copy what of `samples`, which start at `position`, falls within `waveform`."""
    start, end = max(position, 0), min(position + samples.shape[1], waveform.shape[1])
    if start < end:
        waveform[:, start:end] = samples[:, start - position : end - position]
