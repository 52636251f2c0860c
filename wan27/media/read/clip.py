"""A video file's properties, without its pixels.

Imports PyAV, and neither torch nor numpy: the paid path verifies a download with this file. Frames
are counted by their packets. The first frame is decoded too: only that proves that frames can be
decoded, and it has the rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import InvalidVideo
from .container import open_video, unreadable
from .orientation import Orientation, orientation_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .container import OpenVideo


# FFmpeg's one name for mp4 and mov.
MP4_CONTAINER = "mov,mp4,m4a,3gp,3g2,mj2"
# No video format in use has longer sides; a header with more is broken or hostile.
MAX_SIDE_PIXELS = 16384
# 8K. A decoder may keep twenty frames in memory, and a large number in a header costs nothing.
MAX_FRAME_PIXELS = 8192 * 4608
# No pixel in use is flatter or taller; a file that says so is broken.
_ASPECTS = (Fraction(1, 10), Fraction(10))


def no_op() -> None:
    """Do nothing: the tick of work that no one cancels."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file that opens and has frames.

    `width` and `height` are pixels as stored; `orientation` turns and mirrors the stored frame
    upright. `fps` is the real average rate. `time_unit` is one unit of the video stream's
    times, in seconds. `start_seconds` is the time of the first frame in the file, `seconds` the
    length of the video, `declared_seconds` the same by the header (None: not given).
    `last_key_time` is where to seek for the last frame, in units of `time_unit` (None: decode from
    the start). `broken_packets` counts those whose bytes end too early. `codec` and `container` are
    FFmpeg's names ("h264", "mov,mp4,m4a,3gp,3g2,mj2"). `sample_aspect` is the width to the height
    of one stored pixel: 1 unless the file says otherwise. `pixel_format` ("yuv420p10le") and
    `transfer` (the number of the color tag) are FFmpeg's too.
    """

    path: Path
    width: int
    height: int
    orientation: Orientation
    frame_count: int
    fps: Fraction
    time_unit: Fraction
    start_seconds: float
    seconds: float
    declared_seconds: float | None
    last_key_time: int | None
    broken_packets: int
    has_audio: bool
    codec: str
    container: str
    sample_aspect: Fraction = Fraction(1)
    pixel_format: str = "yuv420p"
    transfer: int = 2
    is_interlaced: bool = False

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels as the video is meant to be seen."""
        stored = self.width, self.height
        return (stored[1], stored[0]) if self.orientation.swaps_sides else stored

    @property
    def upright_sample_aspect(self) -> Fraction:
        """Width to height of one pixel of the upright frame."""
        return 1 / self.sample_aspect if self.orientation.swaps_sides else self.sample_aspect

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height in square pixels, where players show no stored pixel smaller."""
        (width, height), aspect = self.upright_size, self.upright_sample_aspect
        return round(width * max(aspect, Fraction(1))), round(height / min(aspect, Fraction(1)))

    @property
    def displayed_aspect(self) -> Fraction:
        """Width to height of the frame on a screen."""
        width, height = self.upright_size
        return Fraction(width, height) * self.upright_sample_aspect


def probe(path: Path, tick: Callable[[], None] = no_op) -> Clip:
    """Read the properties of `path`: open it, count its packets (2 to 30 ms), decode one frame.

    Counting reads the whole file, a minute for hours of video: `tick` is called for each packet,
    and what it raises is passed on. Raises `InvalidVideo` for a file that is not a video, has no
    frames or no index, or an absurd size. A file that is cut short may pass: see `check_complete`.
    """
    with open_video(path) as opened:
        _check_size(path, opened.video)
        packets, first = _Packets(), None
        for packet in opened.container.demux(opened.video):
            tick()
            packets.add(packet)
            first = first or next(iter(packet.decode()), None)
        if first is None:
            raise unreadable(path, "it has no frames")
        return _clip(path, opened, packets, first)


def check_complete(clip: Clip) -> None:
    """Raise `InvalidVideo` where frames are missing at the end.

    A fast-start mp4 that was cut opens, and decodes as far as it goes, without an error. Times are
    compared, not counts, so a variable frame rate is fine. One missing frame passes, since some
    writers give the last one no length. Where the header has no length (mkv, ts, fragments), only a
    packet that ends too early shows the cut.
    """
    declared_seconds, fps = clip.declared_seconds or 0.0, float(clip.fps)
    if clip.broken_packets or (declared_seconds - clip.seconds) * fps > 1.5:
        expected = max(round(declared_seconds * fps), clip.frame_count)
        whole = clip.frame_count - clip.broken_packets
        raise InvalidVideo(
            f"{clip.path.name} is cut short: it has {whole} of about {expected} frames. Download it"
            " again."
        )


def require_mp4(clip: Clip) -> None:
    """Raise `InvalidVideo` for any other container: a text may name a neighbor's file as video."""
    if clip.container != MP4_CONTAINER:
        raise InvalidVideo(f"{clip.path.name} is {clip.container}, not an mp4.")


def check_frame_size(frame: VideoFrame, clip: Clip) -> None:
    """Raise `InvalidVideo` where `frame` has another size than its clip.

    Scaling it, as an encoder would without notice, changes pixels.
    """
    if (frame.width, frame.height) != (clip.width, clip.height):
        sizes = f"from {clip.width} × {clip.height} to {frame.width} × {frame.height}"
        raise InvalidVideo(
            f"{clip.path.name} changes its size {sizes} pixels midway. Re-encode it at one size."
        )


@dataclass(slots=True)
class _Packets:
    """A count of the packets that become frames; times in units of the stream's time base.

    `start` and `end` are when the video begins and ends, `last_key_time` the decoding time of the
    last key frame that is shown, `broken` the number of packets whose bytes end too early.
    """

    count: int = 0
    broken: int = 0
    start: int | None = None
    end: int = 0
    last_key_time: int | None = None

    def add(self, packet: Packet[VideoStream]) -> None:
        """Count a packet, unless it is the flush at the end or an edit list cuts it away."""
        if not packet.size or packet.is_discard:
            return
        self.count += 1
        self.broken += packet.is_corrupt
        if packet.pts is not None:
            self.start = packet.pts if self.start is None else min(self.start, packet.pts)
            self.end = max(self.end, packet.pts + (packet.duration or 0))
            if packet.is_keyframe:
                # Never after its pts, and what mp4 and ts are searched by.
                self.last_key_time = packet.dts

    @property
    def duration(self) -> int:
        """The length of the video; 0 where the packets have no times."""
        return 0 if self.start is None else self.end - self.start


def _check_size(path: Path, stream: VideoStream) -> None:
    is_usual = (
        0 < stream.width <= MAX_SIDE_PIXELS
        and 0 < stream.height <= MAX_SIDE_PIXELS
        and stream.width * stream.height <= MAX_FRAME_PIXELS
    )
    if not is_usual:
        raise unreadable(path, f"its header says {stream.width} × {stream.height} pixels")


def _clip(path: Path, opened: OpenVideo, packets: _Packets, first: VideoFrame) -> Clip:
    stream = opened.video
    unit = stream.time_base or Fraction(0)
    seconds = packets.duration * unit
    fps = _frame_rate(path, stream, packets.count, seconds)
    return Clip(
        path=path,
        width=first.width,
        height=first.height,
        orientation=orientation_of(first),
        frame_count=packets.count,
        fps=fps,
        time_unit=unit or Fraction(1, 1000),
        start_seconds=float((packets.start or 0) * unit),
        seconds=float(seconds or packets.count / fps),
        declared_seconds=None if stream.duration is None else float(stream.duration * unit),
        last_key_time=packets.last_key_time,
        broken_packets=packets.broken,
        has_audio=opened.audio is not None,
        codec=stream.codec_context.name,
        container=opened.container.format.name,
        sample_aspect=_sample_aspect(stream),
        pixel_format=first.format.name,
        transfer=int(stream.codec_context.color_trc),
        is_interlaced=first.interlaced_frame,
    )


def _sample_aspect(stream: VideoStream) -> Fraction:
    """Return the shape of a pixel: the container's, else the codec's; 1 where both are absurd."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return aspect if _ASPECTS[0] <= aspect <= _ASPECTS[1] else Fraction(1)


def _frame_rate(path: Path, stream: VideoStream, frame_count: int, seconds: Fraction) -> Fraction:
    """Return frames per second: the file's own number where it fits its length, else the average.

    `seconds` of 0 means unknown. The header's number, or FFmpeg's guess, can be far off: it was 352
    instead of 30 for a fragmented mp4 with sound.
    """
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and (not seconds or abs(rate * seconds - frame_count) <= 2):
            return Fraction(rate)
    if not seconds:
        raise unreadable(path, "it has neither a frame rate nor a length")
    return frame_count / seconds
