"""One image as three planes, BT.709 in limited range: converted once, then moved plane by plane.

That keeps a library's choice of color out of every frame, and zooming planes costs a third of
converting a zoomed frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

# R'G'B' 0..255 → Y' 16..235, Cb and Cr 16..240: ITU-R BT.709-6, items 3.2 to 3.4 for 8 bits.
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB


@dataclass(frozen=True, slots=True)
class Still:
    """An image of even sides as planes: `y` in full size, `u` and `v` in half; mode L, uint8."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @property
    def planes(self) -> tuple[Image.Image, Image.Image, Image.Image]:
        """Y, U, V."""
        return self.y, self.u, self.v

    def zoomed(self, zoom: float, across: float = 0.5, down: float = 0.5) -> Still:
        """Return the part that is `zoom` times smaller in the whole size; 1.0 changes nothing.

        `across` and `down` (0..1) say which part: 0 is left or top, 1 is right or bottom.
        """
        if zoom == 1.0:
            return self
        return Still(*(_zoomed(plane, zoom, across, down) for plane in self.planes))

    def faded(self, other: Still, weight: float) -> Still:
        """Return the mix with another image of the same size; `weight` 0..1 is its share."""
        if weight in (0.0, 1.0):
            return other if weight else self
        pairs = zip(self.planes, other.planes, strict=True)
        return Still(*(Image.blend(mine, its, weight) for mine, its in pairs))

    def frame(self) -> av.VideoFrame:
        """Return the image as a yuv420p frame."""
        width = self.y.width
        flat = np.concatenate([np.asarray(plane).reshape(-1, width) for plane in self.planes])
        return av.VideoFrame.from_ndarray(flat, format="yuv420p")


def still_from_image(image: Image.Image, size: tuple[int, int]) -> Still:
    """Return an image (any mode), scaled to the size (width, height), as planes."""
    scaled = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    red, green, blue = np.moveaxis(np.asarray(scaled, dtype=np.float32), 2, 0)
    luma = _KR * red + _KG * green + _KB * blue
    return Still(
        _plane(16 + luma * (219 / 255)),
        _plane(128 + _halved(blue - luma) * (224 / 255 / (2 * (1 - _KB)))),
        _plane(128 + _halved(red - luma) * (224 / 255 / (2 * (1 - _KR)))),
    )


def still_from_frame(frame: av.VideoFrame) -> Still:
    """Return a frame that is yuv420p in BT.709, limited range, and of even sides, as planes."""
    flat = frame.to_ndarray()
    width, height = frame.width, frame.height
    chroma = flat[height:].reshape(2, height // 2, width // 2)
    return Still(*(Image.fromarray(plane) for plane in (flat[:height], *chroma)))


def _zoomed(plane: Image.Image, zoom: float, across: float, down: float) -> Image.Image:
    width, height = plane.width / zoom, plane.height / zoom
    left, top = (plane.width - width) * across, (plane.height - height) * down
    box = (left, top, left + width, top + height)
    return plane.resize(plane.size, Image.Resampling.BILINEAR, box=box)


def _halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = values.shape
    squares = values.reshape(height // 2, 2, width // 2, 2)
    halved: NDArray[np.float32] = squares.mean(axis=(1, 3))
    return halved


def _plane(values: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
