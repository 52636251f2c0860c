"""Sound on its way into a file: an AUDIO that was checked, and its samples as frames for an encoder."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import torch
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ...errors import InvalidInput, InvalidVideo
from ...limits import MEDIA
from ..decode.memory import take_silence
from ..read.container import open_video
from ..read.sound import decoded_sound, lay, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ..read.clip import Clip
    from ..read.container import OpenVideo

RATES = (8000, 192000)  # samples a second; what lies outside is no sound that a host would expect
_PART = 4096  # samples in one frame
_RUN_UP_SECONDS = 0.5  # a sound decoder needs some packets before it is right
CHANNELS = 8  # at most
_LAYOUTS = {
    1: "mono",
    2: "stereo",
    3: "2.1",
    4: "4.0",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}  # FFmpeg's own default for each count


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

    What comes after `most_seconds` is left out before it is looked at. Raises `InvalidInput` naming
    the socket `name` for a batch, more than 8 channels, no samples, no numbers, or an absurd rate.
    """
    lasts, waveform, rate = seconds_of(audio, name), audio["waveform"], audio["sample_rate"]
    if lasts > most_seconds:
        waveform = waveform[..., : round(most_seconds * rate)]
    samples = waveform.detach()[0].cpu().float()
    if not torch.isfinite(samples).all():
        raise InvalidInput(
            name,
            "holds values that are no numbers (NaN or infinity); look for the node before it that"
            " makes them.",
        )
    return Sound(samples.numpy(), rate, _LAYOUTS[samples.shape[0]])


def seconds_of(audio: Mapping[str, Any], name: str) -> float:
    """How long an AUDIO lasts; its samples are not touched.

    Raises as `sound_of` does, but for values that are no numbers.
    """
    waveform, rate = audio.get("waveform"), audio.get("sample_rate")
    if (
        not isinstance(waveform, torch.Tensor)
        or waveform.ndim != 3
        or not waveform.is_floating_point()
    ):
        raise InvalidInput(
            name,
            "is no sound (its waveform is not a tensor of floats, batch × channels × samples);"
            " connect an AUDIO.",
        )
    batch, channels, _ = waveform.shape
    if not waveform.numel():
        raise InvalidInput(
            name,
            "is empty (it holds no samples); look for the node before it, or leave the input"
            " unconnected.",
        )
    if batch != 1:
        raise InvalidInput(
            name,
            f"holds {batch} sounds, and one is needed; connect a single AUDIO instead of a batch.",
        )
    if channels not in _LAYOUTS:
        raise InvalidInput(
            name,
            f"has {channels} channels; at most {CHANNELS} are understood. Mix it down to stereo"
            " first.",
        )
    low, high = RATES
    if isinstance(rate, bool) or not isinstance(rate, int) or not low <= rate <= high:
        raise InvalidInput(
            name,
            f"has {rate!r} samples a second; {low} to {high} are understood. Resample it first.",
        )
    return float(waveform.shape[-1] / rate)


_LIMITS = MEDIA["driving_audio"]
_WAV_HEADER_BYTES = 44
_MP3_BITS_PER_SECOND = 192_000
_MP3_RATES = (
    32000,
    44100,
    48000,
)  # of MPEG-1 layer III; any other rate is resampled to one of the last two


def encode_sound(
    audio: Mapping[str, Any],
    name: str,
    folder: Path,
    tick: Callable[[], None],
    *,
    fit_bytes: int = _LIMITS.max_bytes,
) -> Path:
    """Write `audio`, ComfyUI's AUDIO with a batch of one, to `folder` as `<name>.wav` or `<name>.mp3`, and return the file.

    wav is 16-bit PCM at the sound's own rate, rounded and clamped; a file above `fit_bytes` becomes
    mp3 of 192 kb/s instead. Mono and stereo stay as they are, more channels are mixed down to
    stereo. Blocks, so call it in a thread; `tick` is called for each 4096 samples, what it raises
    ends the work and is passed on, and no file is left. Raises `InvalidInput` naming the socket
    `name` for what is no single sound (`sound_of`) or too short or too long for the API.
    """
    check_sound(audio, name)
    sound = sound_of(audio, name)
    fits = _WAV_HEADER_BYTES + 2 * sound.sent_channels * sound.samples.shape[1] <= fit_bytes
    target = folder / f"{name}.{'wav' if fits else 'mp3'}"
    try:
        (_write_wav if fits else _write_mp3)(sound, target, tick)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def check_sound(audio: Mapping[str, Any], name: str) -> float:
    """How long `audio` lasts (seconds).

    Raises `InvalidInput` naming `name` where that is too short or too long for the API.
    """
    seconds = seconds_of(audio, name)
    low, high = _LIMITS.seconds or (0.0, math.inf)
    if low <= seconds <= high:
        return seconds
    remedy = (
        'Lengthen it with "Concatenate Audio"'
        if seconds < low
        else 'Cut it with "Trim Audio Duration"'
    )
    raise InvalidInput(name, f"lasts {seconds:.4g} s; the API takes {low} to {high} s. {remedy}.")


def _write_wav(sound: Sound, target: Path, tick: Callable[[], None]) -> None:
    """By Python's own module: FFmpeg writes a rarer kind of header above 48 kHz, and the same sound must give the same bytes."""
    resampler = AudioResampler(format="s16", layout=sound.sent_layout, rate=sound.rate)
    with target.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(sound.sent_channels)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        for frame in chain(sound.frames(), [None]):
            tick()
            for converted in resampler.resample(frame):
                file.writeframes(converted.to_ndarray().astype("<i2", copy=False).tobytes())


def _write_mp3(sound: Sound, target: Path, tick: Callable[[], None]) -> None:
    usual = 44100 if sound.rate % 11025 == 0 else 48000
    try:
        with av.open(str(target), "w") as container:
            stream = container.add_stream(
                "libmp3lame",
                rate=sound.rate if sound.rate in _MP3_RATES else usual,
                layout=sound.sent_layout,
            )
            stream.bit_rate = _MP3_BITS_PER_SECOND
            for frame in chain(sound.frames(), [None]):
                tick()
                container.mux(stream.encode(frame))
    except av.FFmpegError as problem:
        raise OSError(
            problem.errno, f"the sound cannot be written ({problem.strerror})", str(target)
        ) from problem


def read_sound(
    clip: Clip, start_seconds: float, end_seconds: float, tick: Callable[[], None]
) -> Sound | None:
    """The sound of `clip` between two times of its file, padded with silence; None where it has none. 0.4 MB of memory a second.

    `tick` is called for each packet. Raises `InvalidVideo` for sound that changes its rate or
    channels on the way, or has more than 8 channels.
    """
    with open_video(clip.path) as opened:
        if opened.audio and start_seconds > _RUN_UP_SECONDS:
            opened.container.seek(int((start_seconds - _RUN_UP_SECONDS) * 1_000_000))
        return _sound_between(clip, opened, start_seconds, end_seconds, tick)


def _sound_between(
    clip: Clip,
    opened: OpenVideo,
    start_seconds: float,
    end_seconds: float,
    tick: Callable[[], None],
) -> Sound | None:
    sound: Sound | None = None
    position: int | None = None
    for frame, samples in decoded_sound(clip, opened, tick):
        if sound is None:
            length = round((end_seconds - start_seconds) * frame.sample_rate)
            _require_mixable(clip, samples.shape[0])
            sound = Sound(
                take_silence(clip, samples.shape[0], length), frame.sample_rate, frame.layout.name
            )
        position = place_of(frame, start_seconds, position)
        if position >= sound.samples.shape[1]:
            break
        lay(samples, position, sound.samples)
        position += samples.shape[1]
    return sound


def _require_mixable(clip: Clip, channels: int) -> None:
    """FFmpeg cannot mix what it has no layout for, and the error would blame the file that is written."""
    if channels > CHANNELS:
        raise InvalidVideo(
            f"{clip.path.name} has {channels} channels of sound; at most {CHANNELS} are understood."
            " Mix it down to stereo first."
        )
