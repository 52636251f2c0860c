"""Encoding a clip: ours and ComfyUI's own, each with its loss."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import torch
from av.video.frame import VideoFrame

from wan27.media.colour.bt709 import Bt709Converter
from wan27.media.colour.pixels import copy_to_bytes, rgb_of
from wan27.media.decode.frames import decode_frames
from wan27.media.encode.clip import BEST_CRF, encode_frames_clip
from wan27.media.encode.mp4 import Mp4Writer, Track
from wan27.media.read.probe import probe

from .bench import Bench, in_fresh_process, interleaved, medians, seconds_of
from .color import save_with_core
from .figure import Figure
from .readers import no_tick
from .sample import FPS, sample_frames

_GOOD_DECIBEL = 38


def clip(bench: Bench) -> list[Figure]:
    """Measure the wall time, and the PSNR as a player shows the file."""
    count = 10 if bench.is_quick else 60
    return in_fresh_process(_measure, bench.folder, bench.size, count, bench.repeats)


def _measure(folder: Path, size: tuple[int, int], count: int, repeats: int) -> list[Figure]:
    frames = torch.from_numpy(np.stack(list(sample_frames(count, *size)))).float() / 255
    files = {"ours": folder / "clip_ours.mp4", "core": folder / "clip_core.mp4"}
    converted = [_converted(each) for each in frames]
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: encode_frames_clip(frames, FPS, None, files["ours"], no_tick),
        "core": lambda: save_with_core(frames, files["core"]),
        "x264": lambda: _compress(converted, folder / "clip_x264.mp4"),
    }
    timed = {name: partial(seconds_of, work) for name, work in ways.items()}
    wall = medians(interleaved(timed, repeats))
    decoded = {name: decode_frames(probe(file), no_tick) for name, file in files.items()}
    decibel = {name: _psnr(each, frames) for name, each in decoded.items()}
    core, ours = (
        f"{wall[name]:.2f} s {files[name].stat().st_size / 1e6:.1f} MB" for name in ("core", "ours")
    )
    theirs = f"ComfyUI's own {decibel['core']:.1f} dB"
    ratio, name = wall["core"] / wall["ours"], f"Clip of {count} frames of {size[1]}P"
    x264 = f"x264 alone takes {wall['x264']:.2f} s, which allows {wall['core'] / wall['x264']:.2f}"
    detail = f"{core} / {ours}; {x264}"
    return [
        Figure(f"{name}: ComfyUI's own / ours", ratio, at_least=1.5, detail=detail),
        Figure("Clip: PSNR", decibel["ours"], "dB", at_least=_GOOD_DECIBEL, detail=theirs),
    ]


def _converted(frame: torch.Tensor) -> VideoFrame:
    height, width, _ = frame.shape
    rgb = VideoFrame(width, height, "rgb24")
    copy_to_bytes(frame.numpy(), rgb_of(rgb))
    return Bt709Converter().from_rgb(rgb)


def _compress(frames: list[VideoFrame], target: Path) -> None:
    """Encode frames that are converted already, with our settings."""
    track = Track(frames[0].width, frames[0].height, Fraction(FPS), Fraction(1, FPS))
    with Mp4Writer(target, track, None, BEST_CRF, no_tick) as writer:
        for index, frame in enumerate(frames):
            writer.write(frame, index, 1)


def _psnr(frames: torch.Tensor, wanted: torch.Tensor) -> float:
    pairs = zip(frames, wanted, strict=True)
    squares = [float((one - other).square().mean()) for one, other in pairs]
    return float(-10 * np.log10(np.mean(squares)))
