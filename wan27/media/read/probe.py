"""Reading a video file's properties, without its pixels.

Imports PyAV, and neither torch nor numpy: the paid path verifies a download with this file. Frames
are counted by their packets where each is a frame, else by decoding. The first frame is decoded
too: the video begins with it, and it has the orientation.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .clip import MP4_CONTAINER, Clip, no_op
from .container import check_not_encrypted, frames_of, open_video, unreadable
from .damage import Damage
from .orientation import UPRIGHT, orientation_of
from .packets import Packets, end_of
from .pictures import pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .container import OpenVideo

# No video format in use has longer sides; a header with more is broken or hostile.
MAX_SIDE_PIXELS = 16384
# 8K. A decoder may keep twenty frames in memory, and a large number in a header costs nothing.
MAX_FRAME_PIXELS = 8192 * 4608
# No pixel in use is flatter or taller; a file that says so is broken.
_ASPECTS = (Fraction(1, 10), Fraction(10))


def probe(path: Path, tick: Callable[[], None] = no_op) -> Clip:
    """Read the properties of `path`: open it, count its packets (2 to 30 ms), decode one frame.

    Counting reads the whole file, a minute for hours of video: `tick` is called for each packet,
    and what it raises is passed on. Raises `InvalidVideo` for a file that is not a video, is
    encrypted, has no frames or no index, or an absurd size. A file that is cut short may pass: see
    `check_complete`; and so does one whose frames cannot be decoded: 0 × 0 pixels where FFmpeg does
    not know its codec.
    """
    with open_video(path, careful=True, any_codec=True) as opened:
        context = opened.video.codec_context
        if context is not None:
            _check_size(path, opened.video)
        packets = Packets(context.name if context else "", opened.container.format.name)
        first = None
        for packet in opened.container.demux(opened.video):
            tick()
            check_not_encrypted(packet, path)
            packets.add(packet)
            if first is None and context is not None:
                first = next(iter(frames_of(packet) or ()), None)
        if not packets.count:
            raise unreadable(path, "it has no frames")
        clip = _clip(path, opened, packets, first)
    return _recounted(clip, packets.end, tick) if first and packets.is_doubtful(first) else clip


def _check_size(path: Path, stream: VideoStream) -> None:
    is_usual = (
        0 < stream.width <= MAX_SIDE_PIXELS
        and 0 < stream.height <= MAX_SIDE_PIXELS
        and stream.width * stream.height <= MAX_FRAME_PIXELS
    )
    if not is_usual:
        raise unreadable(path, f"its header says {stream.width} × {stream.height} pixels")


def _clip(path: Path, opened: OpenVideo, packets: Packets, first: VideoFrame | None) -> Clip:
    stream, context = opened.video, opened.video.codec_context
    unit = stream.time_base or Fraction(0)
    times = packets.times_from(first)
    count = len(times) if times and unit else packets.count
    start, end = (times[0], end_of(times, packets.end, _step(stream))) if times else (0, 0)
    seconds = (end - start) * unit
    fps = _frame_rate(path, stream, count, seconds)
    declared = _declared_end(opened, packets, end)
    shown = first or context
    return Clip(
        path=path,
        width=shown.width if shown else 0,
        height=shown.height if shown else 0,
        orientation=orientation_of(first) if first else UPRIGHT,
        frame_count=count,
        fps=fps,
        time_unit=unit or Fraction(1, 1000),
        start_seconds=float(start * unit),
        seconds=float(seconds or count / fps),
        declared_seconds=None if declared is None else float((declared - start) * unit),
        last_key_time=packets.last_key_time,
        broken_packets=packets.broken,
        has_audio=opened.audio is not None,
        codec=context.name if context else "",
        container=opened.container.format.name,
        sample_aspect=_sample_aspect(stream),
        pixel_format=shown.format.name if shown and shown.format else "",
        transfer=int(context.color_trc) if context else 2,
        is_interlaced=first is not None and first.interlaced_frame,
        primaries=int(context.color_primaries) if context else 2,
        skipped_frames=packets.count - count,
        is_decodable=first is not None,
        has_restart=packets.has_restart,
    )


def _step(stream: VideoStream) -> Fraction:
    """Return how long a frame lasts by the header, in units of the stream's time base."""
    rate = stream.guessed_rate or stream.average_rate
    return 1 / (rate * stream.time_base) if rate and stream.time_base else Fraction(1)


def _declared_end(opened: OpenVideo, packets: Packets, end: int) -> int | None:
    """Return when the video ends by the header, in units of the stream's time base; None: unknown.

    `end` is when it does. In a fragmented mp4 the header counts from 0 where the first frame comes
    later. An mp4 with as many packets as its table has is whole, whatever its edit list shows.
    """
    stream, is_mp4 = opened.video, opened.container.format.name == MP4_CONTAINER
    if stream.duration is None:
        return None
    if is_mp4 and 0 < stream.frames <= packets.read:
        return end
    is_fragmented = is_mp4 and not stream.frames
    start = min(packets.start, 0) if is_fragmented else packets.start
    return start + stream.duration


def _recounted(clip: Clip, declared_end: int, tick: Callable[[], None]) -> Clip:
    """Return `clip` as its frames are when they are decoded."""
    clip = replace(clip, is_recounted=True)
    with closing(pictures(clip, tick, Damage())) as shown:
        times = [picture.time for picture in shown]
    if not times:
        return replace(clip, is_decodable=False)
    unit, header_fps = clip.time_unit, clip.fps
    end = end_of(times, declared_end, 1 / (header_fps * unit))
    seconds = (end - times[0]) * unit
    return replace(
        clip,
        frame_count=len(times),
        fps=_nearest_rate([header_fps, header_fps / 2], len(times), seconds),
        start_seconds=float(times[0] * unit),
        seconds=float(seconds),
        skipped_frames=0,
    )


def _sample_aspect(stream: VideoStream) -> Fraction:
    """Return the shape of a pixel: the container's, else the codec's; 1 where both are absurd."""
    has_aspect = stream.codec_context is not None
    aspect = Fraction((has_aspect and stream.sample_aspect_ratio) or 1)
    return aspect if _ASPECTS[0] <= aspect <= _ASPECTS[1] else Fraction(1)


def _frame_rate(path: Path, stream: VideoStream, frame_count: int, seconds: Fraction) -> Fraction:
    """Return frames per second: the file's own number where it fits its length, else the average.

    `seconds` of 0 means unknown. The header's number, or FFmpeg's guess, can be far off: it was 352
    instead of 30 for a fragmented mp4 with sound.
    """
    rates = [rate for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate) if rate]
    if seconds:
        return _nearest_rate(rates, frame_count, seconds)
    if not rates:
        raise unreadable(path, "it has neither a frame rate nor a length")
    return Fraction(rates[0])


def _nearest_rate(rates: Sequence[Fraction], frame_count: int, seconds: Fraction) -> Fraction:
    """Return the first of `rates` that gives about that many frames, else the average."""
    # Writers round times and count the last frame differently; two frames are never three.
    tolerance = min(Fraction(2), Fraction(1, 2) + Fraction(frame_count, 16))
    for rate in rates:
        if abs(rate * seconds - frame_count) <= tolerance:
            return Fraction(rate)
    return frame_count / seconds
