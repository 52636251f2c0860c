"""More images made from the demo's, so that each template shows another video."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from .dusk import dusk


def morning(seed: int = 27) -> Image.Image:
    """Return the scene in cold light, mirrored."""
    return ImageOps.mirror(
        _graded(dusk(seed), [[0.1, 0.3, 0.45], [0.3, 0.65, 0.35], [0.45, 0.5, 0.35]], 0.05)
    )


def night(seed: int = 27) -> Image.Image:
    """Return the scene by night."""
    return _graded(dusk(seed), [[0.3, 0.06, 0.02], [0.22, 0.2, 0.06], [0.3, 0.25, 0.32]], 0.0)


def portrait(seed: int = 27) -> Image.Image:
    """Return the scene behind a person, who could speak."""
    scene = dusk(seed).filter(ImageFilter.GaussianBlur(5))
    person = Image.new("L", scene.size, 0)
    draw = ImageDraw.Draw(person)
    draw.ellipse((540, 150, 740, 410), fill=255)
    draw.rounded_rectangle((585, 340, 695, 500), 40, fill=255)
    draw.ellipse((420, 425, 860, 1000), fill=255)
    rim = ImageChops.subtract(
        person.filter(ImageFilter.GaussianBlur(9)),
        ImageChops.offset(person.filter(ImageFilter.GaussianBlur(4)), -10, 5),
    )
    scene.paste((24, 18, 44), (0, 0), person)
    scene.paste((255, 190, 120), (0, 0), ImageChops.multiply(rim, person))
    return scene


def _graded(scene: Image.Image, matrix: list[list[float]], lift: float) -> Image.Image:
    """Return the image with red, green and blue each mixed from all three, by the matrix's rows."""
    mixed = np.asarray(scene, np.float32) / 255 @ np.array(matrix, np.float32).T + lift
    return Image.fromarray((np.clip(mixed, 0, 1) * 255).round().astype(np.uint8))
