"""A video's sound as ComfyUI's AUDIO, exactly as long as its pictures.

AAC ends in padding, and sound may start before or after the first picture. Cut and padded to the
pictures, frames and sound stay together whatever a graph does with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import torch

from ..read.clip import check_complete
from ..read.container import open_video
from ..read.sound import decoded_sound, lay, place_of
from .memory import take_silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..read.clip import Clip
    from ..read.container import OpenVideo

_SILENCE_CHANNELS, _SILENCE_RATE = 2, 44100


class Audio(TypedDict):
    """ComfyUI's AUDIO: `waveform` is (1, channels, samples) float32 in -1..1, `sample_rate` in samples a second."""

    waveform: torch.Tensor
    sample_rate: int


def decode_audio(clip: Clip, tick: Callable[[], None]) -> Audio:
    """Return the first audio stream of `clip` (from `probe`), all channels at its own rate.

    Sound that starts late or ends early is padded with silence, sound that runs on is cut; a video
    without sound gives stereo silence at 44100 Hz. Blocks, so call it in a thread; what `tick`
    raises ends the work and is passed on. Raises `InvalidVideo` for a file that cannot be read or
    is cut short, `NotEnoughMemory` for one that claims to last for days.
    """
    check_complete(clip)
    with open_video(clip.path) as opened:
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
