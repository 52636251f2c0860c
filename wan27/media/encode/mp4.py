"""An mp4 file written frame by frame, with its sound interleaved: H.264, AAC, fast-start."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType

from ..colour.bt709 import BT709, LIMITED
from .encoder import add_encoder
from .sound import audio_frames, sent_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from typing_extensions import Self

    from ..decode.sound import Sound

_AAC_BITS_PER_SECOND = 192_000  # at its default of 128 000, FFmpeg's AAC sounds wrong
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_DEFAULT_RATE = 48000  # any other rate is resampled to this one


@dataclass(frozen=True, slots=True)
class Track:
    """The video track: sides in pixels, frames a second, the unit of its times in seconds.

    `sample_aspect` is the width to the height of a pixel. `primaries` and `transfer` are FFmpeg's
    numbers of the tags that define the RGB; the matrix is always BT.709.
    """

    width: int
    height: int
    fps: Fraction
    unit: Fraction
    primaries: int = BT709
    transfer: int = BT709
    sample_aspect: Fraction = Fraction(1)


class Mp4Writer:
    """Writes `target` in a `with` block; if the block fails, no file and no encoder thread is left.

    `crf` is x264's quality, 0 (lossless) to 51. `tick` is called for each packet: x264 delays up to
    twenty frames, and encodes them at the end. FFmpeg's errors become `OSError` naming the file: a
    full disk must not look like a broken source.
    """

    def __init__(
        self, target: Path, track: Track, sound: Sound | None, crf: int, tick: Callable[[], None]
    ) -> None:
        self._target, self._tick = target, tick
        with _as_os_error(target):
            self._container: OutputContainer = av.open(
                str(target), "w", format="mp4", options={"movflags": "faststart"}
            )
            try:
                self._video = _video_stream(self._container, track, crf)
                self._audio = _audio_stream(self._container, sound) if sound else None
            except BaseException:
                self._container.close()
                target.unlink(missing_ok=True)
                raise
        self._unit = track.unit
        self._durations: dict[int, int] = {}
        self._sound: Iterator[AudioFrame] = audio_frames(sound) if sound else iter(())
        self._next_sound = next(self._sound, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException:
            kind = BaseException
            raise
        finally:
            self._close(keep=kind is None)

    def write(self, frame: VideoFrame, time: int, duration: int) -> None:
        """Append a yuv420p `frame` at `time`, which must increase, both in the track's unit."""
        frame.pts, frame.time_base = time, self._unit
        # A decoded frame has its old type, which x264 would obey.
        frame.pict_type = PictureType.NONE
        self._durations[time] = duration
        with _as_os_error(self._target):
            self._mux_sound(until_seconds=float(time * self._unit))
            self._mux_frames(frame)

    def _mux_frames(self, frame: VideoFrame | None) -> None:
        # One packet at a time: `encode` would finish all of them first.
        for packet in self._video.codec_context.encode_lazy(frame):
            self._tick()
            packet.stream = self._video
            # Without it the last frame would last as long as the average one, wherever the clip was
            # cut.
            packet.duration = self._durations.pop(packet.pts or 0, packet.duration or 0)
            self._container.mux(packet)

    def _mux_sound(self, until_seconds: float) -> None:
        """Interleave the sound with its frames, so that a host can read the file as a stream."""
        while self._audio and self._next_sound and (self._next_sound.time or 0.0) <= until_seconds:
            self._container.mux(self._audio.encode(self._next_sound))
            self._next_sound = next(self._sound, None)

    def _finish(self) -> None:
        with _as_os_error(self._target):
            self._mux_frames(None)
            self._mux_sound(until_seconds=float("inf"))
            if self._audio:
                self._container.mux(self._audio.encode(None))

    def _close(self, *, keep: bool) -> None:
        try:
            with _as_os_error(self._target):
                self._container.close()
        except BaseException:
            keep = False
            raise
        finally:
            # The encoder's threads end with these, and a traceback may keep `self` for long.
            del self._container, self._video, self._audio
            if not keep:
                self._target.unlink(missing_ok=True)


def _video_stream(container: OutputContainer, track: Track, crf: int) -> VideoStream:
    # No B-frames: they are stored out of order, and uneven durations would go to the wrong frames.
    # With coarse steps and plain rounding, chroma drifts: with moving grain 1.4 of 255 in six
    # generations. Finer steps and trellis, for a tenth more bytes and time, make it 0.7.
    options = {
        "preset": "veryfast",
        "crf": str(crf),
        "bf": "0",
        "x264-params": "chroma-qp-offset=-8:trellis=1",
    }
    stream: VideoStream = add_encoder(container, "libx264", rate=track.fps, options=options)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = track.width, track.height, "yuv420p"
    context.time_base, context.sample_aspect_ratio = track.unit, track.sample_aspect
    context.colorspace, context.color_range = BT709, LIMITED
    context.color_primaries, context.color_trc = track.primaries, track.transfer
    return stream


def _audio_stream(container: OutputContainer, sound: Sound) -> AudioStream:
    rate = sound.rate if sound.rate in _AAC_RATES else _DEFAULT_RATE
    stream: AudioStream = add_encoder(container, "aac", rate=rate, layout=sent_layout(sound))
    stream.bit_rate = _AAC_BITS_PER_SECOND
    return stream


@contextmanager
def _as_os_error(target: Path) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        raise OSError(
            error.errno, f"The clip cannot be written ({error.strerror})", str(target)
        ) from error
