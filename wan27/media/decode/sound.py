"""The sound of a video file: all of it as ComfyUI's AUDIO, or a part.

Exactly as long as the frames: AAC ends in padding, and sound may start before or after the first
frame. Cut and padded, frames and sound stay in step whatever a graph does with both.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import torch
from av.audio.resampler import AudioResampler

from ...errors import InvalidVideo
from ..read.clip import check_complete
from ..read.container import open_video
from .memory import allocate_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    from ..read.clip import Clip
    from ..read.container import OpenVideo

_SILENCE_CHANNELS, _SILENCE_RATE = 2, 44100
_JITTER_SECONDS = 0.02  # containers round times; a larger difference is a gap
_RUN_UP_SECONDS = 0.5  # a decoder needs some packets before its output is right


class Audio(TypedDict):
    """ComfyUI's AUDIO: `waveform`, (1, channels, samples) float32 in -1..1, and its rate in Hz."""

    waveform: torch.Tensor
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Sound:
    """`samples`, (channels, N) float32 in -1..1, at `rate` samples a second.

    `layout` is FFmpeg's name of the channels ("5.1").
    """

    samples: NDArray[np.float32] = field(repr=False)
    rate: int
    layout: str


def decode_audio(clip: Clip, tick: Callable[[], None]) -> Audio:
    """Return the first audio stream of `clip` (from `probe`), all channels at its own rate.

    From the first frame to the end of the last one: sound that starts late or ends early is padded
    with silence, longer sound is cut; a video without sound gives stereo silence at 44100 Hz.
    Blocks, so call it in a thread; what `tick` raises ends the work and is passed on. Raises
    `InvalidVideo` for a file that cannot be read or is cut short, `NotEnoughMemory` for one that
    claims to last for days.
    """
    check_complete(clip)
    with open_video(clip.path) as opened:
        sound = _decode(clip, opened, clip.start_seconds, clip.seconds, tick, is_part=False)
    if sound is None:
        samples, reservation = allocate_silence(
            clip, _SILENCE_CHANNELS, _SILENCE_RATE, clip.seconds
        )
        with reservation:  # silence is never touched
            return {"waveform": torch.from_numpy(samples)[None], "sample_rate": _SILENCE_RATE}
    return {"waveform": torch.from_numpy(sound.samples)[None], "sample_rate": sound.rate}


def decode_sound(
    clip: Clip, start_seconds: float, seconds: float, tick: Callable[[], None]
) -> Sound | None:
    """Return a part of the sound of `clip`, by the times of its file; None where it has no sound.

    Padded with silence; 0.4 MB of memory a second. `tick` is called for each packet. Raises
    `InvalidVideo` for sound that changes its rate or channels midway.
    """
    with open_video(clip.path) as opened:
        if opened.audio and start_seconds > _RUN_UP_SECONDS:
            opened.container.seek(int((start_seconds - _RUN_UP_SECONDS) * 1_000_000))
        return _decode(clip, opened, start_seconds, seconds, tick, is_part=True)


def _decode(
    clip: Clip,
    opened: OpenVideo,
    start_seconds: float,
    seconds: float,
    tick: Callable[[], None],
    *,
    is_part: bool,
) -> Sound | None:
    """Decode from the current position of `opened`; with `is_part`, to the end of the part only."""
    sound: Sound | None = None
    offset: int | None = None
    with ExitStack() as stack:
        for frame, samples in _decoded_samples(clip, opened, tick):
            if sound is None:
                silence, reservation = allocate_silence(
                    clip, samples.shape[0], frame.sample_rate, seconds
                )
                stack.enter_context(reservation)
                sound = Sound(silence, frame.sample_rate, frame.layout.name)
            offset = _offset_of(frame, start_seconds, offset)
            if is_part and offset >= sound.samples.shape[1]:
                break
            _copy_into(sound.samples, samples, offset)
            reservation.touched(samples.nbytes)
            offset += samples.shape[1]
    return sound


def _decoded_samples(
    clip: Clip, opened: OpenVideo, tick: Callable[[], None]
) -> Iterator[tuple[AudioFrame, NDArray[np.float32]]]:
    """Yield each audio frame with its samples, (channels, samples) float32.

    Only the sample format is converted, so the resampler delays nothing.
    """
    # Packed, not planar: PyAV reads past the planes of eight channels, and the process crashes.
    resampler = AudioResampler(format="flt")
    for packet in opened.container.demux(opened.audio) if opened.audio else ():
        tick()
        for frame in packet.decode():
            try:
                converted = resampler.resample(frame)
            except ValueError as error:
                raise InvalidVideo(
                    f"{clip.path.name} changes its audio rate or channels midway. Re-encode it."
                ) from error
            for part in converted:
                samples = part.to_ndarray().reshape(-1, part.layout.nb_channels).T
                yield frame, samples.astype(np.float32, copy=False)


def _offset_of(frame: AudioFrame, start_seconds: float, expected: int | None) -> int:
    """Return where `frame` begins, in samples after `start_seconds`.

    That is `expected`, right after the frame before it, unless its time shows a gap.
    """
    if frame.time is None:
        return expected or 0
    offset = round((frame.time - start_seconds) * frame.sample_rate)
    if expected is not None and abs(offset - expected) <= _JITTER_SECONDS * frame.sample_rate:
        return expected
    return offset


def _copy_into(out: NDArray[np.float32], samples: NDArray[np.float32], offset: int) -> None:
    """Copy `samples` to `out` from `offset` on; what falls outside is dropped."""
    start, end = max(offset, 0), min(offset + samples.shape[1], out.shape[1])
    if start < end:
        out[:, start:end] = samples[:, start - offset : end - offset]
