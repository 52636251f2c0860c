"""The image of each template: what it makes, drawn on frames of its own video."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import av
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from .voice import VOICE

Frames: TypeAlias = "list[Image.Image]"  # twelve of a video, 1280 × 720, from the first to the last

SIZE = (1280, 720)  # drawn twice as large as they are saved, for smooth edges
_DARK, _LIGHT, _WARM = (16, 16, 22), (255, 250, 240), (255, 178, 74)
_LINE = 10


def image_to_video(frames: Frames) -> Image.Image:
    """Return a frame with a play sign, and the image that it was made of."""
    image, draw = _canvas(frames[-1])
    _sign(draw, (760, 330))
    small = frames[0].resize((420, 236), Image.Resampling.LANCZOS)
    _framed(image, small, (60, 380))
    _arrow(draw, (510, 498), (690, 410))
    return image


def first_and_last(frames: Frames) -> Image.Image:
    """Return both images side by side, with an arrow from one to the other."""
    image, draw = _canvas(frames[0])
    image.paste(frames[-1].crop((640, 0, 1280, 720)), (640, 0))
    draw.rectangle((640 - _LINE // 2, 0, 640 + _LINE // 2, 720), fill=_LIGHT)
    draw.ellipse((530, 250, 750, 470), fill=_DARK)
    _arrow(draw, (568, 360), (716, 360))
    return image


def continuation(frames: Frames) -> Image.Image:
    """Return a strip of film that goes on after its clip."""
    image, draw = _canvas(Image.new("RGB", SIZE, _DARK))
    for number, frame in enumerate(frames[::3]):
        part = frame.resize((576, 324), Image.Resampling.LANCZOS)
        corner = (32 + number % 2 * 640, 24 + number // 2 * 348)
        _framed(image, part, corner, _WARM if number > 1 else _LIGHT)
    draw.ellipse((560, 280, 720, 440), fill=_WARM)
    draw.rectangle((600, 352, 680, 368), fill=_DARK)
    draw.rectangle((632, 320, 648, 400), fill=_DARK)
    return image


def talking_head(frames: Frames) -> Image.Image:
    """Return the portrait above the sound that drives it."""
    image, draw = _canvas(frames[5])
    levels = _levels(44)
    draw.rectangle((0, 540, *SIZE), fill=_DARK)
    for number, level in enumerate(levels):
        middle, half = 30 + number * 28, 6 + 72 * level
        draw.rounded_rectangle((middle - 8, 630 - half, middle + 8, 630 + half), 8, fill=_WARM)
    return image


def submit_and_collect(frames: Frames) -> Image.Image:
    """Return a clock before the video that comes later."""
    image, draw = _canvas(ImageEnhance.Brightness(frames[-1]).enhance(0.45))
    draw.ellipse((430, 150, 850, 570), outline=_LIGHT, width=24)
    for hour in range(12):
        x, y = math.cos(hour * math.pi / 6), math.sin(hour * math.pi / 6)
        ends = [(640 + x * radius, 360 + y * radius) for radius in (150, 172)]
        draw.line(ends, fill=_LIGHT, width=12)
    draw.line([(640, 230), (640, 360), (740, 420)], fill=_WARM, width=24, joint="curve")
    return image


def video_frames(frames: Frames) -> Image.Image:
    """Return the frames one by one."""
    image, _ = _canvas(Image.new("RGB", SIZE, _DARK))
    for number, frame in enumerate(frames):
        part = frame.resize((304, 226), Image.Resampling.LANCZOS, (120, 0, 1088, 720))
        image.paste(part, (13 + number % 4 * 318, 10 + number // 4 * 237))
    return image


DRAWN: dict[str, Callable[[Frames], Image.Image]] = {
    "Wan27 Image to Video": image_to_video,
    "Wan27 Submit Now and Collect Later": submit_and_collect,
    "Wan27 Talking Head": talking_head,
    "Wan27 Video Continuation": continuation,
    "Wan27 Video Frames": video_frames,
    "Wan27 Video from First and Last Frame": first_and_last,
}


def _canvas(scene: Image.Image) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = scene.copy()
    return image, ImageDraw.Draw(image)


def _framed(
    image: Image.Image,
    part: Image.Image,
    corner: tuple[int, int],
    color: tuple[int, int, int] = _LIGHT,
) -> None:
    border = ImageOps.expand(part, _LINE, color)
    image.paste(border, (corner[0] - _LINE, corner[1] - _LINE))


def _sign(draw: ImageDraw.ImageDraw, center: tuple[int, int]) -> None:
    """Draw a play sign."""
    x, y = center
    draw.ellipse((x - 130, y - 130, x + 130, y + 130), fill=_DARK)
    draw.polygon([(x - 45, y - 75), (x - 45, y + 75), (x + 85, y)], fill=_LIGHT)


def _arrow(draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float]) -> None:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    sides = [
        (end[0] - 60 * math.cos(angle + turn), end[1] - 60 * math.sin(angle + turn))
        for turn in (-0.5, 0.5)
    ]
    neck = (end[0] - 40 * math.cos(angle), end[1] - 40 * math.sin(angle))
    draw.line([start, neck], fill=_LIGHT, width=22)
    draw.polygon([end, *sides], fill=_LIGHT)


def _levels(count: int) -> list[float]:
    """Return how loud each part of the template's voice is, 0..1."""
    with av.open(str(VOICE)) as container:
        sound = np.concatenate(
            [frame.to_ndarray().mean(0) for frame in container.decode(audio=0)]
        ).astype(np.float64)
    loud = np.array([np.abs(part).mean() for part in np.array_split(sound, count)])
    return [float(level) for level in loud / loud.max()]
