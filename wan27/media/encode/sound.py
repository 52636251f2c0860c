"""Sound to encoders: as the driving_audio of a request (wav or mp3), and in frames for a clip."""

from __future__ import annotations

import math
import wave
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from ...errors import InvalidInput
from ...limits import MEDIA, ROUNDING_SECONDS, shown_seconds
from .encoder import add_encoder
from .waveform import seconds_of, sound_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ..decode.sound import Sound

_LIMITS = MEDIA["driving_audio"]
_FRAME_SAMPLES = 4096
_WAV_HEADER_BYTES = 44
_MP3_BITS_PER_SECOND = 192_000
# Of MPEG-1 layer III; any other rate is resampled to one of the last two.
_MP3_RATES = (32000, 44100, 48000)


def encode_sound(
    audio: Mapping[str, Any],
    name: str,
    folder: Path,
    tick: Callable[[], None],
    *,
    fit_bytes: int = _LIMITS.max_bytes,
) -> Path:
    """Write an AUDIO to `folder` as `<name>.wav` or `<name>.mp3`, and return the file.

    wav is 16-bit PCM at the sound's own rate, rounded and clamped; a file above `fit_bytes` becomes
    mp3 of 192 kb/s instead. Mono and stereo stay, more channels are mixed down to stereo. Blocks,
    so call it in a thread; `tick` is called for each 4096 samples, what it raises ends the work and
    is passed on, and no file is left. Raises `InvalidInput` naming the input `name` where
    `sound_of` does, or where the sound is too short or too long for the API.
    """
    check_sound(audio, name)
    sound = sound_of(audio, name)
    wav_bytes = _WAV_HEADER_BYTES + 2 * sent_channels(sound) * sound.samples.shape[1]
    suffix, write = ("wav", _write_wav) if wav_bytes <= fit_bytes else ("mp3", _write_mp3)
    target = folder / f"{name}.{suffix}"
    try:
        write(sound, target, tick)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def check_sound(audio: Mapping[str, Any], name: str) -> float:
    """Return how long `audio` lasts (seconds).

    Raises `InvalidInput` naming `name` where that is too short or too long for the API.
    """
    seconds = seconds_of(audio, name)
    low, high = _LIMITS.seconds or (0.0, math.inf)
    if low - ROUNDING_SECONDS <= seconds <= high + ROUNDING_SECONDS:
        return seconds
    remedy = (
        'Lengthen it with "Concatenate Audio"'
        if seconds < low
        else 'Cut it with "Trim Audio Duration"'
    )
    raise InvalidInput(
        name, f"lasts {shown_seconds(seconds)} s; the API takes {_LIMITS.seconds_text}. {remedy}."
    )


def sent_channels(sound: Sound) -> int:
    """Return how many channels are sent: more than two are mixed down, as no host documents 5.1."""
    return min(int(sound.samples.shape[0]), 2)


def sent_layout(sound: Sound) -> str:
    """Return FFmpeg's name of the channels that are sent."""
    return "mono" if sent_channels(sound) == 1 else "stereo"


def audio_frames(sound: Sound) -> Iterator[AudioFrame]:
    """Yield all samples in order, as frames of some milliseconds with their times."""
    for start in range(0, sound.samples.shape[1], _FRAME_SAMPLES):
        part = sound.samples[:, start : start + _FRAME_SAMPLES]
        # Packed, because PyAV miscounts the planes of eight channels.
        packed = np.ascontiguousarray(part.T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(packed, format="flt", layout=sound.layout)
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
        yield frame


def _write_wav(sound: Sound, target: Path, tick: Callable[[], None]) -> None:
    # By Python's own module: above 48 kHz FFmpeg writes a rarer kind of header, and the same sound
    # must give the same bytes.
    resampler = AudioResampler(format="s16", layout=sent_layout(sound), rate=sound.rate)
    with target.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(sent_channels(sound))
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        for frame in chain(audio_frames(sound), [None]):
            tick()
            for converted in resampler.resample(frame):
                file.writeframes(converted.to_ndarray().astype("<i2", copy=False).tobytes())


def _write_mp3(sound: Sound, target: Path, tick: Callable[[], None]) -> None:
    usual = 44100 if sound.rate % 11025 == 0 else 48000
    try:
        with av.open(str(target), "w") as container:
            stream = add_encoder(
                container,
                "libmp3lame",
                rate=sound.rate if sound.rate in _MP3_RATES else usual,
                layout=sent_layout(sound),
            )
            stream.bit_rate = _MP3_BITS_PER_SECOND
            for frame in chain(audio_frames(sound), [None]):
                tick()
                container.mux(stream.encode(frame))
    except av.FFmpegError as error:
        raise OSError(
            error.errno, f"The sound cannot be written ({error.strerror})", str(target)
        ) from error
