"""Part of a video file, exact to the frame.

Times are those of the file. A window is cut as ComfyUI cuts a VIDEO trimmed by "Trim Video": down
to whole units of the stream's time base. A frame belongs to the window that its time is in.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clip import check_complete
from .container import unreadable
from .pictures import Seek, pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.frame import VideoFrame

    from .clip import Clip
    from .damage import Damage
    from .pictures import Picture


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until before `end`, in the clip's `time_unit`; never beyond the clip itself."""

    clip: Clip
    start: int
    end: int

    @property
    def start_seconds(self) -> float:
        """When it begins, by the times of the file."""
        return float(self.start * self.clip.time_unit)

    @property
    def end_seconds(self) -> float:
        """When it ends, by the times of the file."""
        return float(self.end * self.clip.time_unit)

    @property
    def seconds(self) -> float:
        """How long it is; 0 where it has no frames."""
        return max(float((self.end - self.start) * self.clip.time_unit), 0.0)


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A decoded `frame`, its time and its longest possible duration, both in the clip's unit."""

    frame: VideoFrame = field(repr=False)
    time: int
    duration: int


def window_of(clip: Clip, start_seconds: float = 0.0, duration_seconds: float = 0.0) -> Window:
    """Return the window of `clip` from `start_seconds` on; a duration of 0 means to the end."""
    unit = clip.time_unit
    first = round(clip.start_seconds / unit)
    last = round((clip.start_seconds + clip.seconds) / unit)
    end = min(int((start_seconds + duration_seconds) / unit), last) if duration_seconds else last
    # A file may have times below 0, and what is not trimmed begins with its first frame.
    start = max(int(start_seconds / unit), first) if start_seconds else first
    return Window(clip, start, end)


@contextmanager
def open_window(
    window: Window, tick: Callable[[], None], damage: Damage
) -> Iterator[Iterator[TimedFrame]]:
    """Open the file of a window there; yield its frames, decoded as they are read, once.

    `tick` is called for each packet and frame. What cannot be decoded is added to `damage`. Raises
    `InvalidVideo` for a file that cannot be read, is cut short or has no frame that can be decoded.
    """
    clip = window.clip
    check_complete(clip)
    if not clip.is_decodable:
        raise unreadable(clip.path, "no frame can be decoded")
    is_start = window_of(clip).start == window.start
    seek = None if is_start else Seek(window.start, latest=window.start)
    with closing(pictures(clip, tick, damage, seek)) as shown:
        yield _timed(shown, window)


def _timed(shown: Iterator[Picture], window: Window) -> Iterator[TimedFrame]:
    """Yield those of `shown` that are in `window`."""
    step = max(1, round(1 / window.clip.fps / window.clip.time_unit))
    for picture in shown:
        if picture.time >= window.end:
            return
        if picture.time >= window.start:
            # PyAV has `duration` since version 15. One unit is what some writers put for none.
            duration = getattr(picture.frame, "duration", 0) or 0
            longest = duration if duration > 1 else step
            yield TimedFrame(picture.frame, picture.time, min(longest, window.end - picture.time))
