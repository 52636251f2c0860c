"""The frames of a video file in display order, each with its time: what all that shows them reads.

A packet that cannot be decoded takes no other frame away: the frame before it is shown again. Where
a seek does not lead to a beginning, the file is decoded from its start.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags

from .container import frames_of, open_video
from .packets import is_ordered, is_shown, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .clip import Clip
    from .container import OpenVideo
    from .damage import Damage


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded `frame` and its time in the clip's unit.

    `is_repeated`: it stands for one that could not be decoded.
    """

    frame: VideoFrame = field(repr=False)
    time: int
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Seek:
    """Where to begin: at the key frame before `time`, which must not be shown after `latest`."""

    time: int
    latest: int | None = None


class _NotThisWayError(Exception):
    """A seek did not lead to a beginning, or frames may be lost with one that is broken."""


def pictures(
    clip: Clip, tick: Callable[[], None], damage: Damage, seek: Seek | None = None
) -> Generator[Picture, None, None]:
    """Decode all frames of `clip`, or those from `seek` on; their times increase.

    Use it in `contextlib.closing`: the file is open until the end. `tick` is called for each packet
    and frame. Adds what could not be decoded to `damage`. Raises `InvalidVideo` for a file that
    cannot be read.

    The fast way decodes several frames at a time, where an error in one may lose another. Then the
    file is decoded again with care, one after another.
    """
    ways = [(None, False), (None, True)]
    last: int | None = None
    for start, careful in [(seek, False), *ways] if seek else ways:
        try:
            with closing(_read(clip, tick, start, careful=careful)) as read:
                for picture in read:
                    if last is None or picture.time > last:
                        last = picture.time
                        damage.repeated_frames += picture.is_repeated
                        damage.damaged_frames += picture.frame.is_corrupt
                        yield picture
        except _NotThisWayError:
            continue
        if last is not None:
            return


def _read(
    clip: Clip, tick: Callable[[], None], seek: Seek | None, *, careful: bool
) -> Generator[Picture, None, None]:
    with open_video(clip.path, careful=careful) as opened:
        if seek:
            _go_to(seek, opened)
        reader = _Reader(clip, seek, careful=careful)
        for packet in opened.container.demux(opened.video):
            tick()
            for picture in reader.pictures_of(packet):
                tick()
                yield picture
        yield from reader.rest()


class _Reader:
    """Makes pictures of packets, which come one after another."""

    def __init__(self, clip: Clip, seek: Seek | None, *, careful: bool) -> None:
        self._clock, self._seek, self._careful = _Clock(clip), seek, careful
        self._shown: VideoFrame | None = None
        self._has_failed = False

    def pictures_of(self, packet: Packet[VideoStream]) -> Iterator[Picture]:
        """Yield what a packet completes; raise `_NotThisWayError` where that may be wrong."""
        self._clock.add(packet)
        frames = frames_of(packet)
        if frames is None:
            self._fail()
            self._clock.fail(packet)
            if self._shown:
                # As players do: else a bad packet takes every frame away that refers to it.
                packet.stream.codec_context.flags |= Flags.output_corrupt
        for frame in frames or ():
            time, missed = self._clock.time_of(frame)
            if self._seek and not self._shown:
                _check_beginning(frame, time, self._seek)
            # FFmpeg's threads report no error in their last frames, and lose those after it.
            if missed and not packet.size and not self._careful:
                raise _NotThisWayError
            yield from self._repeats(missed)
            self._shown = frame
            yield Picture(frame, time)

    def rest(self) -> Iterator[Picture]:
        """Yield what stands for the last frames, where they could not be decoded."""
        missed = self._clock.missed_until(None)
        if missed and not self._careful:
            raise _NotThisWayError
        yield from self._repeats(missed)

    def _fail(self) -> None:
        if not self._careful:
            raise _NotThisWayError
        self._has_failed = True

    def _repeats(self, missed: list[int]) -> Iterator[Picture]:
        if self._shown and self._has_failed:
            for time in missed:
                yield Picture(self._shown, time, is_repeated=True)


def _go_to(seek: Seek, opened: OpenVideo) -> None:
    try:
        opened.container.seek(seek.time, stream=opened.video)
    except av.FFmpegError as error:
        raise _NotThisWayError from error


def _check_beginning(frame: VideoFrame, time: int, seek: Seek) -> None:
    """Raise where decoding cannot begin at `frame`: it is made from others, or shown too late."""
    if not frame.key_frame or (seek.latest is not None and time > seek.latest):
        raise _NotThisWayError


class _Clock:
    """The times of frames, which increase, and of packets that gave no frame."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._step = max(1, round(1 / clip.fps / clip.time_unit))
        self._last: int | None = None
        # Heaps: the times of packets whose frames are to come, and of those known to be lost.
        self._waiting: list[int] = []
        self._lost: list[int] = []

    def add(self, packet: Packet[VideoStream]) -> None:
        """Take notice of a packet before it is decoded."""
        time = time_of(packet, self._clip.container)
        if time is not None and is_shown(packet, self._clip.codec):
            heappush(self._waiting, time)

    def fail(self, packet: Packet[VideoStream]) -> None:
        """Take notice that a packet gives no frame: by order, the next would get its time."""
        time = time_of(packet, self._clip.container)
        if is_ordered(self._clip.container) and time in self._waiting:
            self._waiting.remove(time)
            heapify(self._waiting)
            heappush(self._lost, time)

    def time_of(self, frame: VideoFrame) -> tuple[int, list[int]]:
        """Return the time of the next frame, and those that were missed before it.

        Broken files lack or repeat times: such a frame follows the one before it.
        """
        time = frame.pts
        if is_ordered(self._clip.container):
            time = heappop(self._waiting) if self._waiting else None
        if time is None:
            start = round(self._clip.start_seconds / self._clip.time_unit)
            time = start if self._last is None else self._last + self._step
        missed = self.missed_until(time)
        self._last = time if self._last is None else max(time, self._last + 1)
        return self._last, missed

    def missed_until(self, time: int | None) -> list[int]:
        """Return the times before `time` of packets that gave no frame; None: of all."""
        missed = []
        for heap in (self._lost, self._waiting):
            while heap and (time is None or heap[0] <= time):
                each = heappop(heap)
                if each != time and self._last is not None and each > self._last:
                    missed.append(each)
        return [] if self._clip.is_recounted else missed
