"""From a task's media and parameters to its mp4. Blocks for seconds: keep it off an event loop.

All images are generators, so one frame is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from .audio import audio_blocks
from .clip import clip_stills
from .encode import FRAMES_PER_SECOND, encode, output_size
from .mark import mark
from .still import Still, still_from_image

_SAME_ASPECT = 1.05  # within 5 % of the video's aspect an image is scaled whole, others are cropped
_ZOOM_A_SECOND = 0.025
_PAN = (0.72, 0.38)  # where the zoom drifts to: across, down


class Stopped(Exception):
    """The rendering was asked to stop."""


@dataclass(frozen=True, slots=True)
class Order:
    """A video to render: media by role (as in limits.MEDIA), tier, length, and the second mark."""

    media: Mapping[str, Path]
    resolution: str
    duration_seconds: int
    watermark: bool


def render(order: Order, path: Path, progress: Callable[[float], None] = lambda _: None) -> None:
    """Write the video of an order: mp4, exactly 30 frames a second of its duration.

    `progress` is called after each frame with the share done, 0..1; what it raises ends the
    rendering. Raises av's and Pillow's errors for media that cannot be read.
    """
    size = output_size(*_input_size(order.media), order.resolution)
    frames = order.duration_seconds * FRAMES_PER_SECOND
    audio = audio_blocks(order.media.get("driving_audio"), order.duration_seconds)
    with closing(_marked(order, size, frames)) as stills, closing(audio) as blocks:
        encode(path, size, stills, blocks, lambda done: progress(done / frames))


def _marked(order: Order, size: tuple[int, int], frames: int) -> Generator[Still, None, None]:
    marks = [mark("SIMULATED", size)]
    if order.watermark:
        marks.append(mark("AI generated", size, right=True))
    with closing(_stills(order.media, size, frames)) as stills:
        for still in stills:
            marked = still
            for each in marks:
                marked = each.over(marked)
            yield marked


def _stills(
    media: Mapping[str, Path], size: tuple[int, int], frames: int
) -> Generator[Still, None, None]:
    """Yield `frames` images: the first frame or the clip, then the movement from there."""
    last = _still(media["last_frame"], size) if "last_frame" in media else None
    if "first_frame" in media:
        yield from _movement(_still(media["first_frame"], size), last, frames)
        return
    still, shown = None, 0
    for still in clip_stills(media["first_clip"], size, frames):
        yield still
        shown += 1
    if still is None:
        raise ValueError("the clip has no frames")
    # The movement begins at the clip's last frame, which has been shown already.
    movement = _movement(still, last, frames - shown + 1)
    next(movement, None)
    yield from movement


def _movement(first: Still, last: Still | None, frames: int) -> Iterator[Still]:
    """Yield `frames` images from exactly the first one, to exactly the last one if there is one."""
    return _faded(first, last, frames) if last else (_drifted(first, i) for i in range(frames))


def _faded(first: Still, last: Still, frames: int) -> Iterator[Still]:
    """Yield images in which one drifts away while the other, drifting back, comes through it."""
    for index in range(frames):
        share = index / (frames - 1) if frames > 1 else 1.0
        weight = share * share * (3 - 2 * share)
        yield _drifted(first, index).faded(_drifted(last, frames - 1 - index), weight)


def _drifted(still: Still, index: int) -> Still:
    """Return an image after `index` frames of a slow zoom with a slight pan; 0 is the image."""
    seconds = index / FRAMES_PER_SECOND
    settle = min(1.0, seconds / 2)
    across, down = (0.5 + (target - 0.5) * settle for target in _PAN)
    return still.zoomed(1 + _ZOOM_A_SECOND * seconds, across, down)


def _still(path: Path, size: tuple[int, int]) -> Still:
    with Image.open(path) as image:
        return still_from_image(_cropped(image, size), size)


def _cropped(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the image, or its middle where its aspect is not the video's."""
    width, height = image.size
    ratio = (width / height) / (size[0] / size[1])
    if 1 / _SAME_ASPECT <= ratio <= _SAME_ASPECT:
        return image
    kept_width, kept_height = (width / ratio, height) if ratio > 1 else (width, height * ratio)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return image.crop((round(left), round(top), round(left + kept_width), round(top + kept_height)))


def _input_size(media: Mapping[str, Path]) -> tuple[int, int]:
    if "first_frame" in media:
        with Image.open(media["first_frame"]) as image:
            return image.width, image.height
    with av.open(str(media["first_clip"])) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height
