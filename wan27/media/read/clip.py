"""What a video file is, without its pixels.

Imports av, and neither torch nor numpy: a download is verified on the paid path.

Frames are counted by their packets, and the first picture is decoded: only that proves that
pictures come out, and says how they are turned.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from ...errors import InvalidVideo
from .container import open_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .container import OpenVideo


MP4_CONTAINER = "mov,mp4,m4a,3gp,3g2,mj2"  # FFmpeg's one name for mp4 and mov
SIDE_PIXELS = (
    16384  # no video format in use is larger; a header that says more is broken or hostile
)
PICTURE_PIXELS = (
    8192 * 4608
)  # 8K; a decoder may hold twenty pictures, and a header costs its writer nothing


def no_op() -> None:
    """Nobody cancels."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file that opens and gives pictures.

    `width` and `height` are pixels as stored; `quarter_turns`, counter-clockwise, bring the stored
    picture upright. `fps` is the true average rate. `start_seconds` is the first picture's time in
    the file, `seconds` how long its pictures last, `declared_seconds` what the header says of the
    latter (None where it is silent). `last_key_time` is where to seek for the last picture, in
    units of the stream's time base (None: decode from the start). `broken_packets` counts those
    whose bytes end too early. `container` is FFmpeg's name of the format
    ("mov,mp4,m4a,3gp,3g2,mj2").
    """

    path: Path
    width: int
    height: int
    quarter_turns: int
    frame_count: int
    fps: Fraction
    start_seconds: float
    seconds: float
    declared_seconds: float | None
    last_key_time: int | None
    broken_packets: int
    has_audio: bool
    container: str

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels as the video is meant to be seen."""
        return (self.height, self.width) if self.quarter_turns % 2 else (self.width, self.height)


def probe(path: Path, tick: Callable[[], None] = no_op) -> Clip:
    """Read what `path` is, for the price of opening it, counting its packets (2 to 30 ms) and decoding one picture.

    Counting reads the whole file, a minute for hours of video: `tick` is called for each packet,
    and what it raises is passed on. Raises `InvalidVideo` for a file that is no video, gives no
    picture, lacks its index, or claims an absurd size. A file that was cut short may pass: see
    `check_complete`.
    """
    with open_video(path) as opened:
        clip, _, _ = _read(path, opened, tick)
    return clip


@contextmanager
def open_complete(
    path: Path, tick: Callable[[], None] = no_op
) -> Iterator[tuple[Clip, OpenVideo, VideoFrame]]:
    """`path` as `probe` reads it, checked to be complete; the file open at its start for decoding; its first picture.

    Raises as those two do.

    Opening decodes a few pictures and takes 0.1 s at 1080P; so the file is rewound where its format
    can, and opened anew where not.
    """
    with open_video(path) as opened:
        clip, start, picture = _read(path, opened, tick)
        check_complete(clip)
        if rewind(opened, start):
            yield clip, opened, picture
            return
    with open_video(path) as opened:
        yield clip, opened, picture


def check_complete(clip: Clip) -> None:
    """Raise `InvalidVideo` where frames are clearly missing: a cut fast-start file opens, and decodes as far as it goes, without an error.

    Times are compared, not counts, so a variable frame rate is no trouble; one frame is forgiven,
    since some writers leave the length of the last one at zero. Where the header is silent (mkv,
    ts, fragments) only a packet that ends too early shows the cut.
    """
    missing_frames = ((clip.declared_seconds or 0.0) - clip.seconds) * float(clip.fps)
    if clip.broken_packets or missing_frames > 1.5:
        expected = max(round((clip.declared_seconds or 0.0) * float(clip.fps)), clip.frame_count)
        whole = clip.frame_count - clip.broken_packets
        raise InvalidVideo(
            f"{clip.path.name} is cut short: {whole} of about {expected} frames are there; fetch"
            " the file again."
        )


def require_mp4(clip: Clip) -> None:
    """Raise `InvalidVideo` for any other container: a text may name a neighbor's file as video."""
    if clip.container != MP4_CONTAINER:
        raise InvalidVideo(f"{clip.path.name} is {clip.container}, not an mp4.")


def _read(path: Path, opened: OpenVideo, tick: Callable[[], None]) -> tuple[Clip, Mark, VideoFrame]:
    _check_size(path, opened.video)
    tally, picture = PacketTally(), None
    for packet in opened.container.demux(opened.video):
        tick()
        tally.add(packet)
        picture = picture or next(iter(packet.decode()), None)
    if picture is None or tally.first is None:
        raise InvalidVideo(
            f"{path.name} is not a video that can be read (it holds no frames); fetch the file"
            " again, or use another one."
        )
    return _describe(path, opened, tally, picture), tally.first, picture


def _check_size(path: Path, stream: VideoStream) -> None:
    is_usual = (
        0 < stream.width <= SIDE_PIXELS
        and 0 < stream.height <= SIDE_PIXELS
        and stream.width * stream.height <= PICTURE_PIXELS
    )
    if not is_usual:
        size = f"{stream.width} × {stream.height}"
        raise InvalidVideo(
            f"{path.name} is not a video that can be read (its header says {size} pixels); fetch"
            " the file again, or use another one."
        )


def _describe(path: Path, opened: OpenVideo, tally: PacketTally, picture: VideoFrame) -> Clip:
    stream = opened.video
    unit = stream.time_base or Fraction(0)
    lasted = tally.lasted * unit
    fps = _rate(path, stream, tally.count, lasted)
    return Clip(
        path=path,
        width=picture.width,
        height=picture.height,
        quarter_turns=round(picture.rotation / 90) % 4,
        frame_count=tally.count,
        fps=fps,
        start_seconds=float((tally.start or 0) * unit),
        seconds=float(lasted or tally.count / fps),
        declared_seconds=None if stream.duration is None else float(stream.duration * unit),
        last_key_time=tally.last_key,
        broken_packets=tally.broken,
        has_audio=opened.audio is not None,
        container=opened.container.format.name,
    )


def _rate(path: Path, stream: VideoStream, frame_count: int, lasted: Fraction) -> Fraction:
    """Frames a second: the header's or FFmpeg's word where it fits the time the frames last (0: unknown), else frames by seconds.

    A header can be far off: fragmented mp4 with sound has said 352 of 30.
    """
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and (not lasted or abs(rate * lasted - frame_count) <= 2):
            return Fraction(rate)
    if not lasted:
        raise InvalidVideo(
            f"{path.name} is not a video that can be read (it says neither its rate nor its"
            " length); use another file."
        )
    return frame_count / lasted


Mark = tuple[
    int | None, int | None, int
]  # pts, dts and bytes: enough to know a packet again in its own file


@dataclass(slots=True)
class PacketTally:
    """How many packets become pictures, from when to when, and where to seek; times in units of the stream's time base.

    `first` is the mark of the first packet of all, `last_key` the decoding time of the last key
    frame that is shown, `broken` the number of packets whose bytes end too early.
    """

    count: int = 0
    broken: int = 0
    start: int | None = None
    end: int = 0
    first: Mark | None = None
    last_key: int | None = None

    def add(self, packet: Packet[VideoStream]) -> None:
        """Count one packet; the flush at the end and what an edit list cuts away become no picture."""
        self.first = self.first or _mark(packet)
        if not packet.size or packet.is_discard:
            return
        self.count += 1
        self.broken += packet.is_corrupt
        if packet.pts is not None:
            self.start = packet.pts if self.start is None else min(self.start, packet.pts)
            self.end = max(self.end, packet.pts + (packet.duration or 0))
            if packet.is_keyframe:
                self.last_key = packet.dts  # never after its pts, and mp4 and ts are searched by it

    @property
    def lasted(self) -> int:
        """How long the pictures last; 0 where the packets carry no times."""
        return 0 if self.start is None else self.end - self.start


def rewind(opened: OpenVideo, first: Mark) -> bool:
    """Seek back to the first packet; False where the format cannot or ends up elsewhere, and the file must be opened anew."""
    _, dts, _ = first
    try:
        opened.container.seek(dts or 0, stream=opened.video)
        found = _mark(next(opened.container.demux(opened.video)))
        opened.container.seek(dts or 0, stream=opened.video)
    except av.FFmpegError:
        return False
    return found == first


def _mark(packet: Packet[VideoStream]) -> Mark:
    return packet.pts, packet.dts, packet.size
