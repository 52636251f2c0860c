"""Draw the registry's `assets/icon.png` (400 × 400) and `assets/banner.png` (21:9)."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from scripts.environment import ROOT

from .dusk import HEIGHT, dusk

_INK, _LIGHT = (11, 14, 34), (255, 243, 207)
_FINE = 4  # shapes are drawn this much larger and then reduced, for smooth edges


def icon(size: int = 400) -> Image.Image:
    """Return the sun over the lake behind a play sign, with rounded corners."""
    face = (
        dusk().crop((460, 0, 460 + HEIGHT, HEIGHT)).resize((size, size), Image.Resampling.LANCZOS)
    )
    corners = [(0.385, 0.29), (0.385, 0.71), (0.735, 0.5)]
    sign = _shape(
        size, lambda draw, s: draw.polygon([(x * s, y * s) for x, y in corners], fill=255)
    )
    shade = sign.filter(ImageFilter.GaussianBlur(size / 22)).point(lambda value: value * 0.7)
    face.paste(_INK, (0, 0), shade)
    face.paste(_LIGHT, (0, 0), sign)
    face.putalpha(
        _shape(
            size, lambda draw, s: draw.rounded_rectangle((0, 0, s - 1, s - 1), s * 0.18, fill=255)
        )
    )
    return face


def banner(width: int = 1260, frames: int = 4) -> Image.Image:
    """Return a strip of film: one image, and the next ones of a camera that glides over it."""
    height = width * 9 // 21
    strip = Image.new("RGB", (width, height), _INK)
    gap, band = width // 70, height // 7
    frame = ((width - gap * (frames + 1)) // frames, height - 2 * band)
    scene = dusk()
    for number in range(frames):
        strip.paste(
            _crop(scene, frame, number / (frames - 1)), (gap + number * (frame[0] + gap), band)
        )
    _holes(strip, band)
    return strip


def _crop(scene: Image.Image, size: tuple[int, int], share: float) -> Image.Image:
    """Return the camera's view after a share of its way: nearer, and further to the right."""
    tall = HEIGHT * (1 - 0.4 * share)
    wide = tall * size[0] / size[1]
    left, top = 560 + 90 * share, 190 * share
    return scene.resize(size, Image.Resampling.LANCZOS, (left, top, left + wide, top + tall))


def _holes(strip: Image.Image, band: int) -> None:
    draw = ImageDraw.Draw(strip)
    side, step = band * 0.42, band * 0.9
    for number in range(int(strip.width / step) + 1):
        for top in ((band - side) / 2, strip.height - (band + side) / 2):
            left = number * step + (step - side) / 2
            draw.rounded_rectangle(
                (left, top, left + side, top + side), side / 4, fill=(52, 53, 92)
            )


def _shape(size: int, draw_it: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
    """Return a mask, size × size, of what `draw_it(draw, side)` fills."""
    large = Image.new("L", (size * _FINE, size * _FINE), 0)
    draw_it(ImageDraw.Draw(large), size * _FINE)
    return large.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    folder = ROOT / "assets"
    folder.mkdir(exist_ok=True)
    icon().save(folder / "icon.png", optimize=True)
    banner().save(folder / "banner.png", optimize=True)
