"""Thumbnails to PNG: ours against Pillow's default, and what other ways would give."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wan27.media.encode.image import encode_image

from .bench import Bench, apart, interleaved, medians
from .figure import Figure
from .film import drawn, pictures

_FAINT, _STRONG = 1.0, 8.0  # the grain's standard deviation, of 255


def png(bench: Bench) -> list[Figure]:
    """One row for each kind of picture."""
    return apart(_measure, bench.size, bench.repeats)


def _measure(size: tuple[int, int], repeats: int) -> list[Figure]:
    kinds = {
        "faint grain": next(pictures(1, *size, grain=_FAINT)),
        "strong grain": next(pictures(1, *size, grain=_STRONG)),
        "drawn": drawn(*size),
    }
    return [_row(kind, picture, repeats) for kind, picture in kinds.items()]


def _row(kind: str, picture: NDArray[np.uint8], repeats: int) -> Figure:
    image = torch.from_numpy(picture).float()[None] / 255
    ways: dict[str, Callable[[], bytes]] = {
        "ours": lambda: encode_image(image, "first_frame").data,
        "Pillow's default": partial(_pillow, image),
        "Pillow level 1": partial(_pillow, image, compress_level=1),
        "PyAV": partial(_pyav, image),
    }
    data = {way: work() for way, work in ways.items()}
    exact = bool(np.array_equal(picture, np.asarray(Image.open(io.BytesIO(data["ours"])))))
    wall = medians(
        interleaved({way: partial(_seconds, work) for way, work in ways.items()}, max(repeats, 3))
    )
    detail = ", ".join(
        f"{way} {wall[way] * 1000:.0f} ms {len(data[way]) / 1e6:.2f} MB" for way in ways
    )
    speed = wall["Pillow's default"] / wall["ours"]
    return Figure(
        f"PNG, {kind}: Pillow's default / ours, equal to the bit",
        speed if exact else 0.0,
        at_least=4,
        detail=detail if exact else "NOT EQUAL",
    )


def _pillow(image: torch.Tensor, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_rounded(image)).save(file, "PNG", **options)
    return file.getvalue()


def _pyav(image: torch.Tensor) -> bytes:
    """FFmpeg's encoder, level 1, each line with the filter that fits it."""
    pixels = _rounded(image)
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.height, encoder.width, encoder.pix_fmt = *pixels.shape[:2], "rgb24"
    encoder.time_base, encoder.options = 1, {"compression_level": "1", "pred": "mixed"}
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _rounded(image: torch.Tensor) -> NDArray[np.uint8]:
    return image[0].mul(255).round().clamp(0, 255).byte().numpy()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
