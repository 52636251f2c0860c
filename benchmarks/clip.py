"""Frames to an mp4 that is sent: ours against ComfyUI's own, each with what it loses."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from wan27.media.decode.frames import decode_frames
from wan27.media.encode.clip import encode_frames_clip
from wan27.media.read.clip import probe

from .bench import Bench, apart, interleaved, medians
from .colour import save_with_core
from .figure import Figure
from .film import FPS, pictures

_GOOD_DECIBEL = 38


def clip(bench: Bench) -> list[Figure]:
    """Wall time, and PSNR as a player shows the file."""
    return apart(_measure, bench.folder, bench.size, 10 if bench.is_quick else 60, bench.repeats)


def _measure(folder: Path, size: tuple[int, int], count: int, repeats: int) -> list[Figure]:
    frames = torch.from_numpy(np.stack(list(pictures(count, *size)))).float() / 255
    files = {"ours": folder / "clip_ours.mp4", "core": folder / "clip_core.mp4"}
    ways: dict[str, Callable[[], float]] = {
        "ours": lambda: _seconds(
            lambda: encode_frames_clip(frames, FPS, None, files["ours"], _nothing)
        ),
        "core": lambda: _seconds(lambda: save_with_core(frames, files["core"])),
    }
    wall = medians(interleaved(ways, repeats))
    decibel = {
        name: _psnr(decode_frames(probe(file), _nothing), frames) for name, file in files.items()
    }
    megabytes = {name: file.stat().st_size / 1e6 for name, file in files.items()}
    what = f"{count} frames of {size[1]}P"
    detail = f"{wall['core']:.2f} s {megabytes['core']:.1f} MB / {wall['ours']:.2f} s {megabytes['ours']:.1f} MB"
    return [
        Figure(
            f"Clip of {what}: ComfyUI's own / ours",
            wall["core"] / wall["ours"],
            at_least=1.5,
            detail=detail,
        ),
        Figure("Clip: PSNR, ours", decibel["ours"], "dB", at_least=_GOOD_DECIBEL),
        Figure("Clip: PSNR, ComfyUI's own", decibel["core"], "dB"),
    ]


def _psnr(frames: torch.Tensor, wanted: torch.Tensor) -> float:
    squares = [
        float((one - other).square().mean()) for one, other in zip(frames, wanted, strict=True)
    ]
    return float(-10 * np.log10(np.mean(squares)))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _nothing() -> None:
    """A tick that never cancels."""
