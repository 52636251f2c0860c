"""A sound of the graph as a file that the API takes: wav, exact to 16 bits, and mp3 only where that is too large."""

from __future__ import annotations

import math
import wave
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
from av.audio.resampler import AudioResampler

from ..errors import InvalidInput
from ..limits import MEDIA
from .sound import seconds_of, sound_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .sound import Sound

_LIMITS = MEDIA["driving_audio"]
_WAV_HEADER_BYTES = 44
_MP3_BITS_PER_SECOND = 192_000
_MP3_RATES = (32000, 44100, 48000)  # of MPEG-1 layer III; any other rate is resampled to one of the last two


def encode_sound(
    audio: Mapping[str, Any], name: str, folder: Path, tick: Callable[[], None], *, fit_bytes: int = _LIMITS.max_bytes
) -> Path:
    """Write `audio`, ComfyUI's AUDIO with a batch of one, to `folder` as `<name>.wav` or `<name>.mp3`, and return the file.

    wav is 16-bit PCM at the sound's own rate, rounded and clamped; a file above `fit_bytes` becomes mp3 of 192 kb/s instead. Mono and
    stereo stay as they are, more channels are mixed down to stereo. Blocks, so call it in a thread; `tick` is called for each 4096
    samples, what it raises ends the work and is passed on, and no file is left. Raises `InvalidInput` naming the socket `name` for what is
    no single sound (`sound_of`) or too short or too long for the API.
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
    """How long `audio` lasts (seconds). Raises `InvalidInput` naming `name` where that is too short or too long for the API."""
    seconds = seconds_of(audio, name)
    low, high = _LIMITS.seconds or (0.0, math.inf)
    if low <= seconds <= high:
        return seconds
    remedy = 'Lengthen it with "Concatenate Audio"' if seconds < low else 'Cut it with "Trim Audio Duration"'
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
            stream = container.add_stream("libmp3lame", rate=sound.rate if sound.rate in _MP3_RATES else usual, layout=sound.sent_layout)
            stream.bit_rate = _MP3_BITS_PER_SECOND
            for frame in chain(sound.frames(), [None]):
                tick()
                container.mux(stream.encode(frame))
    except av.FFmpegError as problem:
        raise OSError(problem.errno, f"the sound cannot be written ({problem.strerror})", str(target)) from problem
