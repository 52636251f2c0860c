"""Decoding: time against the bare decoder, and peak memory in tensors."""

from __future__ import annotations

from functools import partial
from statistics import median

from . import readers
from .bench import Bench, in_fresh_process, interleaved
from .figure import Figure
from .memory import GIGABYTE, Sample, sample, shortage
from .sample import FPS, sample_video
from .steps import Least, least, steps

_LONG_SECONDS = 15
_NAMES = {"ours": "ours", "core": "ComfyUI's own"}
# The peak memory of each way, in tensors.
_WAYS = {readers.ours: 1.05, readers.bare: 0.0, readers.core: 2.1}


def decode(bench: Bench) -> list[Figure]:
    """Measure the wall time and peak memory of the usual video, each run in a fresh process."""
    path = sample_video(bench.folder, bench.seconds, *bench.size)
    tensor = tensor_bytes(bench, bench.seconds)
    ways = {way: round(tensors * tensor) for way, tensors in _WAYS.items()}
    missing = {way: reason for way, needed in ways.items() if (reason := shortage(needed))}
    if readers.ours in missing:
        return [Figure(f"Decode {bench.what}", None, detail=missing[readers.ours])]
    runs = {
        way.__name__: partial(in_fresh_process, sample, way, path, needed)
        for way, needed in ways.items()
        if way not in missing
    }
    samples = interleaved(runs, bench.repeats)
    one_frame = in_fresh_process(steps, path, f"{bench.size[1]}P")
    limits = [least(path) for _ in range(bench.repeats)]
    return [*_times(bench, samples, limits), one_frame, *_peaks(bench, samples, tensor)]


def memory(bench: Bench) -> list[Figure]:
    """Measure the peak memory of the longest video that the API makes."""
    seconds = 2 if bench.is_quick else _LONG_SECONDS
    name = f"Peak memory above the start / tensor, {seconds} s of {bench.size[1]}P"
    needed = tensor_bytes(bench, seconds)
    if reason := shortage(needed):
        return [Figure(name, None, at_most=1.05, detail=reason)]
    path = sample_video(bench.folder, seconds, *bench.size)
    cost = in_fresh_process(sample, readers.ours, path, needed)
    detail = f"{cost.growth_bytes / GIGABYTE:.2f} GB, {cost.seconds:.1f} s"
    return [Figure(name, cost.growth_bytes / needed, at_most=1.05, detail=detail)]


def tensor_bytes(bench: Bench, seconds: int) -> int:
    """Return the size of a video's frames as float32 (F, H, W, 3)."""
    width, height = bench.size
    return seconds * FPS * width * height * 3 * 4


def _times(bench: Bench, samples: dict[str, list[Sample]], limits: list[Least]) -> list[Figure]:
    ours, bare = samples["ours"], samples["bare"]
    wall, limit, touch = _wall(ours), _wall(bare), median(each.touch_seconds for each in ours)
    steps_wall = median(each.wall_seconds for each in limits)
    name = f"Decode {bench.what} with sound, less one first touch of its memory / bare decoder"
    detail = (
        f"{wall:.2f} s - {touch:.2f} s / {limit:.2f} s; its steps take {steps_wall:.2f} s, or"
        f" {steps_wall / limit:.2f}, where no core ever waits"
    )
    figures = [Figure(name, (wall - touch) / limit, at_most=1.6, detail=detail)]
    computed, bare_computed, steps_computed = (
        min(each.cpu_seconds for each in runs) for runs in (ours, bare, limits)
    )
    detail = (
        f"{computed:.1f} s / {bare_computed:.1f} s; its steps compute {steps_computed:.1f} s, or"
        f" {steps_computed / bare_computed:.2f}"
    )
    name = "Decode: computing, ours / bare decoder"
    figures.append(Figure(name, computed / bare_computed, at_most=1.8, detail=detail))
    if core := samples.get("core"):
        theirs = _wall(core)
        detail = (
            f"{theirs:.2f} s / {wall:.2f} s; {(theirs - touch) / (wall - touch):.2f} less one"
            f" touch each; its steps and one touch allow {theirs / (steps_wall + touch):.2f}"
        )
        name = "Decode: ComfyUI's own / ours"
        figures.append(Figure(name, theirs / wall, at_least=2.5, detail=detail))
    return figures


def _wall(runs: list[Sample]) -> float:
    return median(each.seconds for each in runs)


def _peaks(bench: Bench, samples: dict[str, list[Sample]], tensor: int) -> list[Figure]:
    figures = []
    for way, title in _NAMES.items():
        if way in samples:
            grown = median(each.growth_bytes for each in samples[way])
            name = f"Peak memory above the start / tensor, {bench.what}: {title}"
            detail, limit = f"{grown / GIGABYTE:.2f} GB", 1.05 if way == "ours" else None
            figures.append(Figure(name, grown / tensor, at_most=limit, detail=detail))
    return figures
