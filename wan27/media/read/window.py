"""Part of a video file, exact to the frame.

Times are those of the file. A window is cut as ComfyUI cuts a VIDEO trimmed by "Trim Video": down
to whole units of the stream's time base. A frame belongs to the window that its time is in.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import av

from .clip import check_complete
from .container import decoded_frames, open_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.frame import VideoFrame

    from .clip import Clip
    from .container import OpenVideo


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


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A file opened at a window; `frames` decodes as it is read, once.

    `primaries` and `transfer` are FFmpeg's numbers of the file's color tags.
    """

    frames: Iterator[TimedFrame]
    primaries: int
    transfer: int


def window_of(clip: Clip, start_seconds: float = 0.0, duration_seconds: float = 0.0) -> Window:
    """Return the window of `clip` from `start_seconds` on; a duration of 0 means to the end."""
    unit = clip.time_unit
    first = round(clip.start_seconds / unit)
    last = round((clip.start_seconds + clip.seconds) / unit)
    end = min(int((start_seconds + duration_seconds) / unit), last) if duration_seconds else last
    return Window(clip, max(int(start_seconds / unit), first), end)


@contextmanager
def open_window(window: Window, tick: Callable[[], None]) -> Iterator[OpenWindow]:
    """Open the file of a window there; `tick` is called for each packet and frame.

    Decoding begins at the key frame before the window. Where a seek ends up after its start, as in
    an open GOP or in a stream without an index, it begins at the start of the file. Raises
    `InvalidVideo` for a file that cannot be read or is cut short.
    """
    check_complete(window.clip)
    with open_video(window.clip.path) as opened:
        frames = _frames_from(window, opened, tick)
        if frames is not None:
            yield _open_window(window, opened, frames)
            return
    with open_video(window.clip.path) as opened:
        yield _open_window(window, opened, decoded_frames(opened, tick))


def _open_window(window: Window, opened: OpenVideo, frames: Iterator[VideoFrame]) -> OpenWindow:
    context = opened.video.codec_context
    return OpenWindow(_timed(frames, window), int(context.color_primaries), int(context.color_trc))


def _frames_from(
    window: Window, opened: OpenVideo, tick: Callable[[], None]
) -> Iterator[VideoFrame] | None:
    """Decode from the key frame before `window` on; None where seeking does not lead there."""
    if window_of(window.clip).start == window.start:
        return decoded_frames(opened, tick)
    try:
        opened.container.seek(window.start, stream=opened.video)
    except av.FFmpegError:
        return None
    frames = decoded_frames(opened, tick)
    first = next(frames, None)
    if first is None or first.pts is None or first.pts > window.start:
        return None
    return chain([first], frames)


def _timed(frames: Iterator[VideoFrame], window: Window) -> Iterator[TimedFrame]:
    """Yield those of `frames` that are in `window`.

    Broken files lack or repeat times: such a frame follows the one before it.
    """
    clip = window.clip
    step = max(1, round(1 / clip.fps / clip.time_unit))
    earliest = expected = None
    for frame in frames:
        time = frame.pts
        if time is None:
            time = round(clip.start_seconds / clip.time_unit) if expected is None else expected
        time = time if earliest is None else max(time, earliest)
        if time >= window.end:
            return
        earliest, expected = time + 1, time + step
        if time >= window.start:
            # PyAV has `duration` since version 15.
            longest = getattr(frame, "duration", 0) or step
            yield TimedFrame(frame, time, min(longest, window.end - time))
