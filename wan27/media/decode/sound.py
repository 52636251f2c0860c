"""The sound of a video file: all of it as ComfyUI's AUDIO, or a part.

Exactly as long as the frames: AAC ends in padding, and sound may start before or after the first
frame. Cut and padded, frames and sound stay in step whatever a graph does with both.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import av
import numpy as np
import torch

from ..read.clip import check_complete
from ..read.container import frames_of, open_video
from ..read.damage import Damage
from .memory import allocate_silence
from .one_format import OneFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from numpy.typing import NDArray

    from ..read.clip import Clip
    from ..read.container import OpenVideo
    from .memory import Reservation

_SILENCE_CHANNELS, _SILENCE_RATE = 2, 44100
# Containers round times, and some writers stamp a packet by its end, as long as it happens to be: a
# larger difference is a gap.
_JITTER_SECONDS = 0.05
_USUAL_PACKET_SECONDS = 0.02  # where the file does not say
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


def decode_audio(clip: Clip, tick: Callable[[], None], damage: Damage | None = None) -> Audio:
    """Return the first audio stream of `clip` (from `probe`), all channels at its own rate.

    From the first frame to the end of the last one: sound that starts late or ends early is padded
    with silence, longer sound is cut; a video without sound gives stereo silence at 44100 Hz. What
    cannot be decoded is silent, and sound that changes its rate or channels midway is resampled to
    those at the start: both are added to `damage`. Blocks, so call it in a thread; what `tick`
    raises ends the work and is passed on. Raises `InvalidVideo` for a file that cannot be read or
    is cut short, `NotEnoughMemory` for one that claims to last for days.
    """
    check_complete(clip)
    with open_video(clip.path, any_codec=True) as opened:
        stretch = _Stretch(clip, clip.start_seconds, clip.seconds, damage or Damage())
        sound = stretch.decode(opened, tick)
    if sound is None:
        samples, reservation = allocate_silence(
            clip, _SILENCE_CHANNELS, _SILENCE_RATE, clip.seconds
        )
        with reservation:  # silence is never touched
            return {"waveform": torch.from_numpy(samples)[None], "sample_rate": _SILENCE_RATE}
    return {"waveform": torch.from_numpy(sound.samples)[None], "sample_rate": sound.rate}


def decode_sound(
    clip: Clip, start_seconds: float, seconds: float, tick: Callable[[], None], damage: Damage
) -> Sound | None:
    """Return a part of the sound of `clip`, by the times of its file; None where it has no sound.

    Padded with silence; 0.4 MB of memory a second. `tick` is called for each packet. `damage` as in
    `decode_audio`.
    """
    if start_seconds - clip.start_seconds > _RUN_UP_SECONDS:
        with open_video(clip.path, any_codec=True) as opened:
            try:
                opened.container.seek(int((start_seconds - _RUN_UP_SECONDS) * 1_000_000))
                return _Stretch(clip, start_seconds, seconds, damage).decode(
                    opened, tick, is_sought=True
                )
            except (av.FFmpegError, _TooLateError):
                pass  # such a file is read from its start
    with open_video(clip.path, any_codec=True) as opened:
        return _Stretch(clip, start_seconds, seconds, damage).decode(opened, tick)


class _TooLateError(Exception):
    """A seek led behind the beginning of the part."""


class _Stretch:
    """`seconds` of sound from `start_seconds` on, by the times of the file."""

    def __init__(self, clip: Clip, start_seconds: float, seconds: float, damage: Damage) -> None:
        self._clip, self._start_seconds, self._seconds = clip, start_seconds, seconds
        self._damage = damage
        self._sound: Sound | None = None
        self._expected: int | None = None  # where the next frame begins, in samples

    def decode(
        self, opened: OpenVideo, tick: Callable[[], None], *, is_sought: bool = False
    ) -> Sound | None:
        """Decode from the current position of `opened`; None where there is no sound.

        Raises `_TooLateError` where `is_sought` and the first sound comes after the start.
        """
        may_be_late = is_sought
        with ExitStack() as stack:
            for frame in self._frames(opened, tick):
                if may_be_late and (frame.time is None or frame.time > self._start_seconds):
                    raise _TooLateError
                may_be_late = False
                if self._sound is None:
                    if self._is_before(frame):
                        continue
                    self._sound, reservation = self._silence(frame)
                    stack.enter_context(reservation)
                    one_format = OneFormat(self._clip, frame, self._damage)
                offset = self._offset_of(frame, self._sound.rate)
                if is_sought and offset >= self._sound.samples.shape[1]:
                    break
                samples = one_format.samples_of(frame)
                _copy_into(self._sound.samples, samples, offset)
                reservation.touched(samples.nbytes)
                self._expected = offset + samples.shape[1]
        return self._sound

    def _silence(self, first: AudioFrame) -> tuple[Sound, Reservation]:
        rate = first.sample_rate
        samples, reservation = allocate_silence(
            self._clip, first.layout.nb_channels, rate, self._seconds
        )
        return Sound(samples, rate, first.layout.name), reservation

    def _frames(self, opened: OpenVideo, tick: Callable[[], None]) -> Iterator[AudioFrame]:
        for packet in opened.container.demux(opened.audio) if opened.audio else ():
            tick()
            frames = frames_of(packet)
            if frames is None:
                self._leave_silent(packet)
            yield from frames or ()

    def _leave_silent(self, packet: Packet[AudioStream]) -> None:
        """Let the next frame begin where this packet, which cannot be decoded, ends."""
        unit = packet.time_base or 0
        seconds = float((packet.duration or 0) * unit)
        if self._sound is not None and self._expected is not None:
            samples = round(seconds * self._sound.rate)
            self._expected = self._expected + samples if samples else None
        middle = float((packet.pts or 0) * unit) + seconds / 2 - self._start_seconds
        if packet.size and 0 <= middle < self._seconds:
            self._damage.silent_seconds += seconds or _USUAL_PACKET_SECONDS

    def _is_before(self, frame: AudioFrame) -> bool:
        """Return True for sound that ends before the start: the decoder's run-up."""
        if frame.time is None:
            return False
        return frame.time + frame.samples / frame.sample_rate <= self._start_seconds

    def _offset_of(self, frame: AudioFrame, rate: int) -> int:
        """Return where `frame` begins, in samples after the start.

        That is right after the frame before it, unless its time shows a gap.
        """
        if frame.time is None:
            return self._expected or 0
        offset = round((frame.time - self._start_seconds) * rate)
        if self._expected is not None and abs(offset - self._expected) <= _JITTER_SECONDS * rate:
            return self._expected
        return offset


def _copy_into(out: NDArray[np.float32], samples: NDArray[np.float32], offset: int) -> None:
    """Copy `samples` to `out` from `offset` on; what falls outside is dropped."""
    start, end = max(offset, 0), min(offset + samples.shape[1], out.shape[1])
    if start < end:
        out[:, start:end] = samples[:, start - offset : end - offset]
