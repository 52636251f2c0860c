"""Color: the distance of one decode from the ideal, and the drift of six generations, of 255."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray

from wan27.media.decode.frames import decode_frames
from wan27.media.encode.clip import encode_frames_clip
from wan27.media.read.probe import probe

from . import readers
from .bench import Bench, in_fresh_process
from .figure import Figure
from .readers import no_tick
from .sample import FPS, sample_frames, sample_video

_PASSES = 6


def color(bench: Bench) -> list[Figure]:
    """Compare ours with ComfyUI's own."""
    width, height = (640, 352) if bench.is_quick else (1280, 720)
    path = sample_video(bench.folder, 1, width, height)
    limits = {"ours": (0.1, 1.0), "ComfyUI's own": (None, None)}
    shifts = in_fresh_process(_shifts, path)
    drifts = in_fresh_process(_drifts, bench.folder, 6 if bench.is_quick else FPS, width, height)
    one, six = "Color shift of one decode", f"Color drift in {_PASSES} generations"
    figures = [(one, shifts, 0), (six, drifts, 1)]
    return [
        Figure(f"{what}, of 255: {name}", values[name], at_most=limits[name][index])
        for what, values, index in figures
        for name in limits
    ]


def _shifts(path: Path) -> dict[str, float]:
    ideal = _ideal(path)
    return {
        "ours": _difference(decode_frames(probe(path), no_tick), ideal),
        "ComfyUI's own": _difference(readers.core(path).images, ideal),
    }


def _drifts(folder: Path, count: int, width: int, height: int) -> dict[str, float]:
    start = torch.from_numpy(np.stack(list(sample_frames(count, width, height)))).float() / 255
    ours = theirs = start
    for number in range(_PASSES):
        ours_file, core_file = folder / f"ours{number}.mp4", folder / f"core{number}.mp4"
        encode_frames_clip(ours, FPS, None, ours_file, no_tick)
        save_with_core(theirs, core_file)
        ours, theirs = decode_frames(probe(ours_file), no_tick), readers.core(core_file).images
    return {"ours": _difference(ours, start), "ComfyUI's own": _difference(theirs, start)}


def save_with_core(frames: torch.Tensor, target: Path) -> None:
    """Write an mp4 as the nodes Create Video and Save Video do."""
    from comfy_api.latest import InputImpl, Types  # noqa: PLC0415 - as in `readers`

    parts = Types.VideoComponents(images=frames, audio=None, frame_rate=Fraction(FPS))
    InputImpl.VideoFromComponents(parts).save_to(str(target))


def _difference(frames: torch.Tensor, wanted: Any) -> float:
    """Return the mean difference of the channel with the largest one."""
    means = [np.asarray(each).mean((0, 1, 2), dtype=np.float64) for each in (frames, wanted)]
    return float(np.abs(means[0] - means[1]).max() * 255)


def _ideal(path: Path) -> NDArray[np.float32]:
    """Convert the stored values by the equations of BT.709 (limited range), in float.

    Each chroma value is used for its four pixels.
    """
    with av.open(str(path)) as container:
        return np.stack([_rgb(frame) for frame in container.decode(video=0)])


def _rgb(frame: av.VideoFrame) -> NDArray[np.float32]:
    # yuv420p: the luma, and below it both chroma planes.
    stored = frame.to_ndarray().astype(np.float32)
    height, width = frame.height, frame.width
    luma = (stored[:height] - 16) / 219
    chroma = (stored[height:].reshape(2, height // 2, width // 2) - 128) / 224
    blue, red = chroma.repeat(2, axis=1).repeat(2, axis=2)
    rgb = (luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue)
    return np.stack(rgb, axis=-1).clip(0, 1)
