"""The visible mark of every simulated video, and the second one that `watermark` asks for."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from .still import Still

_TEXT_SHARE = 1 / 24  # of the frame's shorter side
_PLATE_OPACITY = 150  # of 255
_WHITE, _BLACK, _GRAY = 235, 16, 128  # of the limited range


@dataclass(frozen=True, slots=True)
class Mark:
    """A text on a dark plate for frames of one size. `left` and `top` are even, in pixels."""

    plate: Image.Image
    opacity: Image.Image
    left: int
    top: int

    def over(self, still: Still) -> Still:
        """Return the image with the mark on it."""
        y, u, v = (plane.copy() for plane in still.planes)
        y.paste(self.plate, (self.left, self.top), self.opacity)
        half_size = (self.opacity.width // 2, self.opacity.height // 2)
        half = self.opacity.resize(half_size, Image.Resampling.BOX)
        left, top = self.left // 2, self.top // 2
        for plane in (u, v):
            plane.paste(_GRAY, (left, top, left + half.width, top + half.height), half)
        return Still(y, u, v)


def mark(text: str, size: tuple[int, int], *, right: bool = False) -> Mark:
    """Return the mark for frames of `size` (width, height), for the lower left or right corner."""
    height = max(12, round(min(size) * _TEXT_SHARE))
    font = ImageFont.load_default(size=height)
    width = _even(round(font.getlength(text)) + height)
    plate = Image.new("L", (width, _even(2 * height)), _BLACK)
    opacity = Image.new("L", plate.size, _PLATE_OPACITY)
    middle = (width / 2, plate.height / 2)
    for image, level in ((plate, _WHITE), (opacity, 255)):
        ImageDraw.Draw(image).text(middle, text, fill=level, font=font, anchor="mm")
    margin = _even(height // 2)
    left = size[0] - width - margin if right else margin
    return Mark(plate, opacity, left, size[1] - plate.height - margin)


def _even(pixels: int) -> int:
    return pixels + pixels % 2
