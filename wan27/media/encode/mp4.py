"""An mp4 file that is written picture by picture, with its sound beside them: H.264, AAC, its index in front."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType

from ..colour.bt709 import BT709, LIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction
    from pathlib import Path
    from types import TracebackType

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from typing_extensions import Self

    from .sound import Sound

_AAC_BITS_PER_SECOND = 192_000  # FFmpeg's AAC is audibly off at its default of 128 000
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_OTHER_RATE = 48000  # any other rate is resampled to this one


@dataclass(frozen=True, slots=True)
class Track:
    """What the pictures are: sides in pixels, frames a second, the unit of their times in seconds.

    `primaries` and `transfer` are FFmpeg's numbers of the tags that say what the RGB means; the
    matrix is BT.709 always.
    """

    width: int
    height: int
    fps: Fraction
    unit: Fraction
    primaries: int = BT709
    transfer: int = BT709


class Mp4Writer:
    """Writes `target` inside a `with` block; where the block fails, whatever the reason, no file and no encoder thread is left.

    `crf` is x264's quality, 0 (lossless) to 51. `tick` is called for each packet: x264 keeps up to
    twenty pictures back, and encodes them at the end. FFmpeg's errors come as `OSError` naming the
    file: a full disk must not read like a broken source.
    """

    def __init__(
        self, target: Path, track: Track, sound: Sound | None, crf: int, tick: Callable[[], None]
    ) -> None:
        self._target, self._tick = target, tick
        with _telling(target):
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
        self._sound: Iterator[AudioFrame] = sound.frames() if sound else iter(())
        self._waiting = next(self._sound, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
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
        """Append a yuv420p `frame`; `time` is above that of the one before, both in the track's unit.

        The frame's stamps are set here.
        """
        frame.pts, frame.time_base = time, self._unit
        frame.pict_type = (
            PictureType.NONE
        )  # a decoded frame brings its old type, and x264 would obey it
        self._durations[time] = duration
        with _telling(self._target):
            self._mux_sound(until_seconds=float(time * self._unit))
            self._mux_pictures(frame)

    def _mux_pictures(self, frame: VideoFrame | None) -> None:
        for packet in self._video.codec_context.encode_lazy(
            frame
        ):  # one at a time: `encode` would finish them all first
            self._tick()
            packet.stream = self._video
            # Without it the last picture would last as long as the average one, however the clip
            # was cut.
            packet.duration = self._durations.pop(packet.pts or 0, packet.duration or 0)
            self._container.mux(packet)

    def _mux_sound(self, until_seconds: float) -> None:
        """Sound goes beside its pictures, so that a host may read the file as it comes."""
        while self._audio and self._waiting and (self._waiting.time or 0.0) <= until_seconds:
            self._container.mux(self._audio.encode(self._waiting))
            self._waiting = next(self._sound, None)

    def _finish(self) -> None:
        with _telling(self._target):
            self._mux_pictures(None)
            self._mux_sound(until_seconds=float("inf"))
            if self._audio:
                self._container.mux(self._audio.encode(None))

    def _close(self, *, keep: bool) -> None:
        try:
            with _telling(self._target):
                self._container.close()
        except BaseException:
            keep = False
            raise
        finally:
            del (
                self._container,
                self._video,
                self._audio,
            )  # the encoder's threads end with these; a traceback may hold `self` for long
            if not keep:
                self._target.unlink(missing_ok=True)


def _video_stream(container: OutputContainer, track: Track, crf: int) -> VideoStream:
    # B-frames are stored out of order, and the lengths of uneven frames would go to the wrong ones.
    # What coarse steps and plain rounding leave of chroma drifts to one side, with moving grain 1.4
    # of 255 in six generations; finer steps and trellis, for a tenth more bytes and time, 0.7.
    options = {
        "preset": "veryfast",
        "crf": str(crf),
        "bf": "0",
        "x264-params": "chroma-qp-offset=-8:trellis=1",
    }
    stream = container.add_stream("libx264", rate=track.fps, options=options)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = track.width, track.height, "yuv420p"
    context.time_base = track.unit
    context.colorspace, context.color_range = BT709, LIMITED
    context.color_primaries, context.color_trc = track.primaries, track.transfer
    return stream


def _audio_stream(container: OutputContainer, sound: Sound) -> AudioStream:
    rate = sound.rate if sound.rate in _AAC_RATES else _OTHER_RATE
    stream = container.add_stream("aac", rate=rate, layout=sound.sent_layout)
    stream.bit_rate = _AAC_BITS_PER_SECOND
    return stream


@contextmanager
def _telling(target: Path) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as problem:
        raise OSError(
            problem.errno, f"the clip cannot be written ({problem.strerror})", str(target)
        ) from problem
