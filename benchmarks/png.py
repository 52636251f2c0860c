"""Encoding PNG: ours, Pillow's default, and other ways."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wan27.media.encode.image import encode_image

from .bench import Bench, in_fresh_process, interleaved, medians, seconds_of
from .figure import Figure
from .sample import sample_drawing, sample_frames

_FAINT, _STRONG = 1.0, 8.0  # the grain's standard deviation, of 255


def png(bench: Bench) -> list[Figure]:
    """Return a figure for each kind of image."""
    return in_fresh_process(_measure, bench.size, bench.repeats)


def _measure(size: tuple[int, int], repeats: int) -> list[Figure]:
    kinds = {
        "faint grain": next(sample_frames(1, *size, grain=_FAINT)),
        "strong grain": next(sample_frames(1, *size, grain=_STRONG)),
        "drawn": sample_drawing(*size),
    }
    # Pillow's default is fast where runs are long: there, as fast is enough.
    return [
        _row(kind, pixels, repeats, 1 if kind == "drawn" else 4) for kind, pixels in kinds.items()
    ]


def _row(kind: str, pixels: NDArray[np.uint8], repeats: int, at_least: float) -> Figure:
    image = torch.from_numpy(pixels).float()[None] / 255
    ways: dict[str, Callable[[], bytes]] = {
        "ours": lambda: encode_image(image, "first_frame").data,
        "Pillow's default": partial(_pillow, image),
        "Pillow level 1": partial(_pillow, image, compress_level=1),
        "PyAV": partial(_pyav, image),
    }
    data = {way: work() for way, work in ways.items()}
    is_exact = np.array_equal(pixels, np.asarray(Image.open(io.BytesIO(data["ours"]))))
    timed = {way: partial(seconds_of, work) for way, work in ways.items()}
    wall = medians(interleaved(timed, max(repeats, 3)))
    details = [f"{way} {wall[way] * 1000:.0f} ms {len(data[way]) / 1e6:.2f} MB" for way in ways]
    name = f"PNG, {kind}: Pillow's default / ours, equal to the bit"
    if not is_exact:
        return Figure(name, 0.0, at_least=at_least, detail="NOT EQUAL")
    ratio = wall["Pillow's default"] / wall["ours"]
    return Figure(name, ratio, at_least=at_least, detail=", ".join(details))


def _pillow(image: torch.Tensor, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_rounded(image)).save(file, "PNG", **options)
    return file.getvalue()


def _pyav(image: torch.Tensor) -> bytes:
    """Encode with FFmpeg, level 1, with the best filter for each line."""
    pixels = _rounded(image)
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.height, encoder.width, encoder.pix_fmt = *pixels.shape[:2], "rgb24"
    encoder.time_base, encoder.options = 1, {"compression_level": "1", "pred": "mixed"}
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _rounded(image: torch.Tensor) -> NDArray[np.uint8]:
    return image[0].mul(255).round().clamp(0, 255).byte().numpy()
