"""One picture as three planes, BT.709 in limited range: converted once, in float, and moved about plane by plane ever after.

That keeps a library's idea of colour out of every frame, and a zoomed plane costs a third of a converted frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# R'G'B' 0..255 → Y' 16..235, Cb and Cr 16..240: ITU-R BT.709-6, items 3.2 to 3.4 for 8 bits.
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of even sides as planes: `y` in full size, `u` and `v` in half. Mode L, uint8, BT.709, limited range."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @property
    def planes(self) -> tuple[Image.Image, Image.Image, Image.Image]:
        """Y, U, V."""
        return self.y, self.u, self.v

    def zoomed(self, zoom: float, across: float = 0.5, down: float = 0.5) -> Still:
        """Return the part that is `zoom` times smaller, blown up to the whole size; 1.0 is the picture itself, unchanged.

        `across` and `down` (0..1) say where the part lies: 0 left or top, 1 right or bottom.
        """
        return self if zoom == 1.0 else Still(*(_zoomed(plane, zoom, across, down) for plane in self.planes))

    def faded(self, other: Still, weight: float) -> Still:
        """Return the mix of this picture and another of the same size; `weight` 0..1 is the other's share."""
        if weight in (0.0, 1.0):
            return other if weight else self
        return Still(*(Image.blend(mine, its, weight) for mine, its in zip(self.planes, other.planes, strict=True)))

    def frame(self) -> av.VideoFrame:
        """Return the picture as a yuv420p frame."""
        width = self.y.width
        flat = np.concatenate([np.asarray(plane).reshape(-1, width) for plane in self.planes])
        return av.VideoFrame.from_ndarray(flat, format="yuv420p")


def still_of_picture(picture: Image.Image, size: tuple[int, int]) -> Still:
    """Return a picture (any mode) in the given size (width, height), whole, as planes."""
    scaled = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    red, green, blue = np.moveaxis(np.asarray(scaled, dtype=np.float32), 2, 0)
    luma = _KR * red + _KG * green + _KB * blue
    return Still(
        _plane(16 + luma * (219 / 255)),
        _plane(128 + _halved(blue - luma) * (224 / 255 / (2 * (1 - _KB)))),
        _plane(128 + _halved(red - luma) * (224 / 255 / (2 * (1 - _KR)))),
    )


def still_of_frame(frame: av.VideoFrame) -> Still:
    """Return a frame that is yuv420p in BT.709, limited range, and of even sides, as planes."""
    flat = frame.to_ndarray()
    width, height = frame.width, frame.height
    chroma = flat[height:].reshape(2, height // 2, width // 2)
    return Still(Image.fromarray(flat[:height]), Image.fromarray(chroma[0]), Image.fromarray(chroma[1]))


def _zoomed(plane: Image.Image, zoom: float, across: float, down: float) -> Image.Image:
    width, height = plane.width / zoom, plane.height / zoom
    left, top = (plane.width - width) * across, (plane.height - height) * down
    return plane.resize(plane.size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))


def _halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = values.shape
    halved: NDArray[np.float32] = values.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved


def _plane(values: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
