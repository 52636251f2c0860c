"""From a task's media and parameters to its mp4. Blocks for seconds: never call it on an event loop."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
from PIL import Image

from .clip import clip_stills
from .encode import encode
from .mark import mark
from .moves import drift, fade
from .size import FRAMES_PER_SECOND, output_size
from .sound import sound
from .still import Still, still_of_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

_SAME_ASPECT = 1.05  # pictures within 5 % of the video's aspect are scaled whole, others are cropped to it


class Stopped(Exception):
    """The rendering was asked to stop."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to render: media by role (as in limits.MEDIA), the tier, the length and whether the second mark is wanted."""

    media: Mapping[str, Path]
    resolution: str
    duration_seconds: int
    watermark: bool


def render(order: Order, path: Path, progress: Callable[[float], None] = lambda _: None) -> None:
    """Write the video of an order: mp4, exactly 30 frames a second of its duration.

    `progress` is called after each frame with the share done, 0..1; what it raises ends the rendering.
    Raises av's and Pillow's errors for media that cannot be read.
    """
    size = output_size(*_input_size(order.media), order.resolution)
    frames = order.duration_seconds * FRAMES_PER_SECOND
    with (
        closing(_marked(order, size, _pictures(order, size, frames))) as pictures,
        closing(sound(order.media.get("driving_audio"), order.duration_seconds)) as blocks,
    ):
        encode(path, size, pictures, blocks, lambda done: progress(done / frames))


def _pictures(order: Order, size: tuple[int, int], frames: int) -> Generator[Still, None, None]:
    """Yield `frames` pictures: what stands at the beginning, then the way from there."""
    media = order.media
    last = _still(media["last_frame"], size) if "last_frame" in media else None
    if "first_frame" in media:
        yield from _way(_still(media["first_frame"], size), last, frames)
        return
    still, shown = None, 0
    for shown, still in enumerate(clip_stills(media["first_clip"], size, frames), 1):  # noqa: B007 - both live on after the loop
        yield still
    if still is None:
        raise ValueError("the clip has no frames")
    # The way begins at the clip's last frame, which has been shown already.
    way = _way(still, last, frames - shown + 1)
    next(way, None)
    yield from way


def _way(still: Still, last: Still | None, frames: int) -> Iterator[Still]:
    return fade(still, last, frames) if last else drift(still, frames)


def _marked(order: Order, size: tuple[int, int], pictures: Generator[Still, None, None]) -> Generator[Still, None, None]:
    marks = [mark("SIMULATED", size)]
    if order.watermark:
        marks.append(mark("AI generated", size, right=True))
    with closing(pictures):
        for still in pictures:
            marked = still
            for each in marks:
                marked = each.over(marked)
            yield marked


def _still(path: Path, size: tuple[int, int]) -> Still:
    with Image.open(path) as picture:
        return still_of_picture(_cropped(picture, size), size)


def _cropped(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture, or its middle where its aspect is not the video's."""
    width, height = picture.size
    ratio = (width / height) / (size[0] / size[1])
    if 1 / _SAME_ASPECT <= ratio <= _SAME_ASPECT:
        return picture
    kept_width, kept_height = (width / ratio, height) if ratio > 1 else (width, height * ratio)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return picture.crop((round(left), round(top), round(left + kept_width), round(top + kept_height)))


def _input_size(media: Mapping[str, Path]) -> tuple[int, int]:
    if "first_frame" in media:
        with Image.open(media["first_frame"]) as picture:
            return picture.width, picture.height
    with av.open(str(media["first_clip"])) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height
