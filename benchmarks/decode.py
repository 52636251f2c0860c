"""Decoding: time against the bare decoder, and peak memory in tensors."""

from __future__ import annotations

from functools import partial
from statistics import median

from . import readers
from .bench import Bench, in_fresh_process, interleaved
from .figure import Figure
from .memory import GIGABYTE, Sample, sample, shortage
from .sample import FPS, sample_video

_LONG_SECONDS = 15
_NAMES = {"ours": "ours", "core": "ComfyUI's own", "stacked": "list, stack, divide"}
# The peak memory of each way, in tensors.
_WAYS = {readers.ours: 1.05, readers.bare: 0.0, readers.core: 2.1, readers.stacked: 2.5}


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
    # Once: it has no target and takes long.
    stacked = runs.pop("stacked", None)
    samples = {"stacked": [stacked()]} if stacked else {}
    samples |= interleaved(runs, bench.repeats)
    return [*_times(bench, samples), *_peaks(bench, samples, tensor)]


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


def _times(bench: Bench, samples: dict[str, list[Sample]]) -> list[Figure]:
    ours = samples["ours"]
    ratio, detail = _over(ours, samples["bare"])
    name = f"Decode {bench.what} with sound: ours / bare decoder"
    figures = [Figure(name, ratio, at_most=2, detail=detail)]
    for way, limit in (("core", 2.5), ("stacked", None)):
        if way in samples:
            ratio, detail = _over(samples[way], ours)
            name = f"Decode: {_NAMES[way]} / ours"
            figures.append(Figure(name, ratio, at_least=limit, detail=detail))
    return figures


def _over(above: list[Sample], below: list[Sample]) -> tuple[float, str]:
    walls = [median(each.seconds for each in samples) for samples in (above, below)]
    cpus = [median(each.cpu_seconds for each in samples) for samples in (above, below)]
    wall, cpu = f"{walls[0]:.2f} s / {walls[1]:.2f} s", f"{cpus[0]:.1f} s / {cpus[1]:.1f} s"
    return walls[0] / walls[1], f"{wall}; computing {cpu}"


def _peaks(bench: Bench, samples: dict[str, list[Sample]], tensor: int) -> list[Figure]:
    figures = []
    for way, title in _NAMES.items():
        if way in samples:
            grown = median(each.growth_bytes for each in samples[way])
            name = f"Peak memory above the start / tensor, {bench.what}: {title}"
            detail, limit = f"{grown / GIGABYTE:.2f} GB", 1.05 if way == "ours" else None
            figures.append(Figure(name, grown / tensor, at_most=limit, detail=detail))
    return figures
