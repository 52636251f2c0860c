"""The demo's image, drawn from a seed: a lake below mountains at dusk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 1280, 720
_SHORE = 430  # the row where the water begins
_SUN = (820.0, 356.0)

Plane: TypeAlias = "npt.NDArray[np.float32]"  # (H, W) or (H, W, 3) float32 0..1

# From the top of the sky to the shore: how far down, and the color there.
_SKY = [
    (0.0, 0x141B41),
    (0.3, 0x35346B),
    (0.55, 0x7D4A7F),
    (0.74, 0xD06A63),
    (0.88, 0xF59D57),
    (1.0, 0xFFD08A),
]
# Mountains from far to near: the row of their feet's ridge, their height, roughness, and color.
_RIDGES = [
    (360, 95, 3, 0xA0647C),
    (385, 80, 4, 0x6B4A72),
    (404, 58, 6, 0x40355F),
    (423, 34, 9, 0x231F42),
]


def dusk(seed: int = 27) -> Image.Image:
    """Return the image, 1280 × 720; the same seed gives the same image."""
    rng = np.random.default_rng(seed)
    sky = _sky(rng)
    for ridge in _RIDGES:
        _mountains(sky, rng, ridge)
    scene = np.concatenate([sky[:_SHORE], _water(sky, rng)])
    _pines(scene, rng)
    return _develop(scene, rng)


def _sky(rng: np.random.Generator) -> Plane:
    rows = np.linspace(0, HEIGHT / _SHORE, HEIGHT)
    column = np.stack(
        [
            np.interp(rows, [at for at, _ in _SKY], [_rgb(color)[band] for _, color in _SKY])
            for band in range(3)
        ],
        -1,
    )
    sky = np.repeat(column[:, None, :], WIDTH, axis=1).astype(np.float32)
    stars = (
        (rng.random((HEIGHT, WIDTH)) > 0.9994)
        * rng.random((HEIGHT, WIDTH))
        * np.clip(1 - rows * 2.2, 0, 1)[:, None]
    )
    sky += stars[..., None].astype(np.float32)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    distance = np.hypot((x - _SUN[0]) * 0.75, y - _SUN[1])
    sky += np.exp(-distance / 150)[..., None] * _rgb(0xFF9A4D) * 0.55
    clouds = (
        np.clip(_noise(rng, (9, 5)) * 1.9 - 0.95, 0, 1)
        * np.clip(np.sin(np.pi * np.clip(rows * 1.05, 0, 1)), 0, 1)[:, None]
    )
    lit = _rgb(0xFF8F6B) * np.exp(-distance / 420)[..., None] + _rgb(0x4B3A70) * 0.75
    sky += (lit - sky) * clouds[..., None] * 0.75
    disc = np.clip(27.5 - np.hypot(x - _SUN[0], y - _SUN[1]), 0, 1)[..., None]
    return np.asarray(sky * (1 - disc) + _rgb(0xFFF3CF) * 1.1 * disc, np.float32)


def _mountains(scene: Plane, rng: np.random.Generator, ridge: tuple[int, int, int, int]) -> None:
    """Draw one ridge over the scene, fading into the haze at its foot."""
    foot, height, roughness, color = ridge
    x = np.arange(WIDTH)
    line = np.zeros(WIDTH)
    for octave in range(7):
        points = roughness * 2**octave + 2
        line += np.interp(x, np.linspace(0, WIDTH, points), rng.random(points)) * 0.56**octave
    crest = foot - (line - line.mean()) * height - height * 0.25
    y = np.arange(HEIGHT)[:, None]
    cover = np.clip(y - crest + 0.5, 0, 1)[..., None]
    haze = np.clip((y - crest) / (height * 2.2), 0, 1)[..., None] * 0.42
    scene += (_rgb(color) * (1 - haze) + _rgb(0xE59A78) * haze - scene) * cover


def _water(sky: Plane, rng: np.random.Generator) -> Plane:
    """Mirror the scene in rippled water: the nearer the row, the longer the waves."""
    depth = np.arange(HEIGHT - _SHORE, dtype=np.float32)[:, None]
    near = depth / depth.max()
    x = np.arange(WIDTH, dtype=np.float32)[None, :]
    phase = _noise(rng, (7, 40))[: len(depth)] * 9
    ripple = np.sin(170 / (near + 0.09) ** 0.9 + phase + x * 0.004) * (0.6 + near * 11)
    row = np.clip(_SHORE - 1 - depth * 1.25 + ripple, 0, _SHORE - 1).astype(int)
    column = np.clip(x + ripple * 0.7, 0, WIDTH - 1).astype(int)
    water = (
        sky[row, column] * (0.82 - 0.3 * near[..., None]) + _rgb(0x16204A) * 0.22 * near[..., None]
    )
    width = 16 + near * 120
    sparkle = np.clip(np.sin(210 / (near + 0.1) + phase * 1.6) * 1.3 - 0.35, 0, 1) * np.exp(
        -(((x - _SUN[0]) / width) ** 2)
    )
    water += sparkle[..., None] * _rgb(0xFFC27A) * (1 - 0.45 * near[..., None])
    mist = np.exp(-depth / 9)[..., None] * 0.45
    return np.asarray(water + (_rgb(0xF3AE86) - water) * mist, np.float32)


def _pines(scene: Plane, rng: np.random.Generator) -> None:
    """Put a dark shore with pines into the two lower corners."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    bank = 640 + 95 * np.clip(np.sin((x / WIDTH) * np.pi) * 1.5, 0, 1) + _noise(rng, (60, 1)) * 14
    dark = np.clip(y - bank, 0, 1)
    for _ in range(34):
        side = rng.random() ** 1.7 * 330
        at = side if rng.random() < 0.55 else WIDTH - side * 0.75
        foot, tall = 672.0 + side * 0.07, rng.uniform(70, 250) * (1 - side / 520)
        share = (y - (foot - tall)) / tall
        branches = (
            (0.25 + 0.75 * np.abs((share * tall / 13 + at) % 1.0)) * share * (0.12 * tall + 6)
        )
        edge = branches * (0.8 + 0.35 * _jagged(rng)) - np.abs(x - at)
        dark = np.maximum(dark, np.clip(edge, 0, 1) * (share > 0) * (share < 1.15))
    scene += (_rgb(0x0B0E22) - scene) * dark[..., None]


def _jagged(rng: np.random.Generator) -> Plane:
    return np.repeat(rng.random((HEIGHT // 2, 1)), 2, axis=0).astype(np.float32)


def _develop(scene: Plane, rng: np.random.Generator) -> Image.Image:
    """Add the lens and the film: bloom, vignette, grain."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    sharp = Image.fromarray((np.clip(scene, 0, 1) * 255).astype(np.uint8))
    soft = np.asarray(sharp.filter(ImageFilter.GaussianBlur(18)), np.float32) / 255
    lit = 1 - (1 - np.clip(scene, 0, 1)) * (1 - 0.22 * soft**2)
    framed = lit * (1 - 0.24 * (x**2 + y**2) ** 1.1)[..., None]
    film = framed + rng.normal(0, 0.014, (HEIGHT, WIDTH, 1))
    return Image.fromarray((np.clip(film, 0, 1) * 255).round().astype(np.uint8))


def _noise(rng: np.random.Generator, cells: tuple[int, int]) -> Plane:
    """Return clouds of noise, 0..1, of `cells` (across, down) at its coarsest."""
    total, weight = np.zeros((HEIGHT, WIDTH), np.float32), 0.0
    for octave in range(5):
        size = (cells[1] * 2**octave + 1, cells[0] * 2**octave + 1)
        grid = Image.fromarray(rng.random(size).astype(np.float32))
        total += np.asarray(grid.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) * 0.5**octave
        weight += 0.5**octave
    return np.asarray(total / weight, np.float32)


def _rgb(color: int) -> Plane:
    return np.asarray(
        [band / 255 for band in (color >> 16, color >> 8 & 255, color & 255)], np.float32
    )


if __name__ == "__main__":
    dusk().save(Path(sys.argv[1]))
