"""Part of a video file, to the frame: its frames as they are decoded.

Times are those of the file, and cut as ComfyUI cuts a VIDEO that "Trim Video" has trimmed: to whole
units of the stream's time base, downwards; a picture belongs to the window where its own time does.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import av

from .clip import open_complete
from .container import decoded_frames, open_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame

    from .clip import Clip
    from .container import OpenVideo


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to, not including, `end`, in units of `unit` seconds: no earlier and no later than the pictures are."""

    start: int
    end: int
    unit: Fraction

    @property
    def seconds(self) -> float:
        """How long it is; 0 or less where it holds no pictures."""
        return float((self.end - self.start) * self.unit)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded `frame`, with its time and how long it is shown at most, both in the window's unit."""

    frame: VideoFrame = field(repr=False)
    time: int
    duration: int


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A file opened at a window; `pictures` decodes as it goes, once.

    `primaries` and `transfer` are FFmpeg's numbers of its tags.
    """

    clip: Clip
    window: Window
    pictures: Iterator[Picture]
    primaries: int
    transfer: int


def time_unit(opened: OpenVideo) -> Fraction:
    """Seconds in one unit of the times of the file's pictures."""
    return opened.video.time_base or Fraction(1, 1000)


def window_of(clip: Clip, unit: Fraction, start_seconds: float, duration_seconds: float) -> Window:
    """`duration_seconds` (0: all) from `start_seconds` on, of a clip whose times are in units of `unit` seconds."""
    first = round(clip.start_seconds / unit)
    last = round((clip.start_seconds + clip.seconds) / unit)
    end = min(int((start_seconds + duration_seconds) / unit), last) if duration_seconds else last
    return Window(max(int(start_seconds / unit), first), end, unit)


@contextmanager
def open_window(
    path: Path, start_seconds: float, duration_seconds: float, tick: Callable[[], None]
) -> Iterator[OpenWindow]:
    """Open `path` at a window; `tick` is called for each packet and picture.

    Raises `InvalidVideo` as `open_complete` does.

    Decoding begins at the key frame before the window. Where a seek ends up behind its start, as in
    an open GOP or in a stream without an index, it begins at the file's own start.
    """
    with open_complete(path, tick) as (clip, opened, _):
        window = window_of(clip, time_unit(opened), start_seconds, duration_seconds)
        frames = _frames_before(opened, clip, window, tick)
        if frames is not None:
            yield _described(clip, opened, window, frames)
            return
    with open_video(path) as opened:
        yield _described(clip, opened, window, decoded_frames(opened, tick))


def _described(
    clip: Clip, opened: OpenVideo, window: Window, frames: Iterator[VideoFrame]
) -> OpenWindow:
    context = opened.video.codec_context
    return OpenWindow(
        clip,
        window,
        _pictures(frames, clip, window),
        int(context.color_primaries),
        int(context.color_trc),
    )


def _frames_before(
    opened: OpenVideo, clip: Clip, window: Window, tick: Callable[[], None]
) -> Iterator[VideoFrame] | None:
    """The frames from the key frame before `window` on; None where the format cannot be searched for it."""
    if window_of(clip, window.unit, 0, 0).start == window.start:
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


def _pictures(frames: Iterator[VideoFrame], clip: Clip, window: Window) -> Iterator[Picture]:
    """What of `frames` falls within `window`.

    Broken files miss or repeat times: such a frame follows the one before it.
    """
    step = max(1, round(1 / clip.fps / window.unit))
    earliest = expected = None
    for frame in frames:
        time = frame.pts
        if time is None:
            time = round(clip.start_seconds / window.unit) if expected is None else expected
        time = time if earliest is None else max(time, earliest)
        if time >= window.end:
            return
        earliest, expected = time + 1, time + step
        if time >= window.start:
            # PyAV has a frame's duration since 15.
            yield Picture(
                frame, time, min(getattr(frame, "duration", 0) or step, window.end - time)
            )
