"""The packets of a video stream that become frames: their times, without decoding them.

Mostly a packet is a frame, and a file of minutes is measured in milliseconds. Where packets may be
something else `is_doubtful` says so, and the frames are counted by decoding them.
"""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# AVI stores packets in decoding order and no other times: the nth frame that is shown has the time
# of the nth packet.
_ORDERED_CONTAINERS = ("avi",)
_RESTART_SECONDS = 0.5  # decoding times never go back; broken writers step back by a frame or two


def time_of(packet: Packet[VideoStream], container: str) -> int | None:
    """Return when a packet of a container (FFmpeg's name) is shown, in units of its stream.

    In some containers that is only true once such times are sorted. None: it has no time.
    """
    return packet.dts if is_ordered(container) else packet.pts


def is_ordered(container: str) -> bool:
    """Return True where a frame's time is known by its place in the order alone."""
    return container in _ORDERED_CONTAINERS


def is_shown(packet: Packet[VideoStream], codec: str) -> bool:
    """Return False for the flush at the end, what an edit list cuts away, and hidden frames."""
    if not packet.size or packet.is_discard:
        return False
    # RFC 6386, 9.1: show_frame of VP8, whose hidden frames have packets of their own.
    return codec != "vp8" or bool(memoryview(packet)[0] & 0x10)


class Packets:
    """The packets of one stream, in decoding order; times in units of its time base.

    `end` is when the last one ends, as the file says. `broken` counts those at the end of the file
    whose bytes end too early: within a file, such a packet is only damaged. `read` counts all
    packets, shown or not. `has_restart`: their times begin again midway, as where files were joined
    as they are.
    """

    def __init__(self, codec: str, container: str) -> None:
        self.end = 0
        self.broken = 0
        self.read = 0
        self.has_restart = False
        self.last_key_time: int | None = None
        self._codec, self._container = codec, container
        self._times = array("q")
        self._untimed = 0
        self._latest = -math.inf  # decoding time of the packets so far, in seconds

    def add(self, packet: Packet[VideoStream]) -> None:
        """Take notice of a packet."""
        self.read += bool(packet.size)
        self._follow(packet)
        if not is_shown(packet, self._codec):
            return
        self.broken = self.broken + 1 if packet.is_corrupt else 0
        time = time_of(packet, self._container)
        if time is None:
            self._untimed += 1
            return
        ends = time + (packet.duration or 0)
        self.end = max(self.end, ends) if self._times else ends
        self._times.append(time)
        if packet.is_keyframe:
            # Never after its pts, and what mp4 and ts are searched by.
            self.last_key_time = packet.dts

    def _follow(self, packet: Packet[VideoStream]) -> None:
        if packet.dts is None or not packet.time_base:
            return
        decoded = float(packet.dts * packet.time_base)
        self.has_restart |= decoded < self._latest - _RESTART_SECONDS
        self._latest = max(self._latest, decoded)

    @property
    def count(self) -> int:
        """How many packets are shown."""
        return len(self._times) + self._untimed

    @property
    def start(self) -> int:
        """When the first one is shown; 0 where none has a time."""
        return min(self._times, default=0)

    def times_from(self, first: VideoFrame | None) -> Sequence[int]:
        """Return the times from the first frame that can be decoded on, sorted.

        What is shown before it gives no picture: it needs others that were cut away.
        """
        if first is None or first.pts is None or is_ordered(self._container):
            return sorted(self._times)
        return sorted(time for time in self._times if time >= first.pts)

    def is_doubtful(self, first: VideoFrame) -> bool:
        """Return True where a packet may be no frame, or a part of one.

        Two fields may have a packet each; two packets at one time may be a hidden frame and a
        shown one.
        """
        is_field = first.interlaced_frame and self._codec == "h264"
        return bool(self._untimed) or is_field or len(set(self._times)) < len(self._times)


def end_of(times: Sequence[int], declared_end: int, usual_step: Fraction) -> int:
    """Return when the last frame ends: as the file says, unless it gives it no duration.

    Then it lasts as long as the frames before it do on average; `usual_step` where it is alone.
    """
    first, last = times[0], times[-1]
    if declared_end - last > 1:
        return declared_end
    step = Fraction(last - first, len(times) - 1) if len(times) > 1 else usual_step
    return last + max(round(step), 1)
