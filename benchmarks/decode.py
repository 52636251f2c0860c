"""Decoding: how close to the bare decoder, and in the memory of how many tensors."""

from __future__ import annotations

from functools import partial
from statistics import median

from . import readers
from .bench import Bench, apart, interleaved
from .figure import Figure
from .film import FPS, film
from .memory import GIGABYTE, Sample, sample, shortage

_LONG_SECONDS = 15
# What a way takes at its peak, in tensors.
_WAYS = {readers.ours: 1.05, readers.bare: 0.0, readers.core: 2.1, readers.stacked: 2.5}


def decode(bench: Bench) -> list[Figure]:
    """Wall time and peak memory of the usual film, each run in a fresh process."""
    path, tensor = (
        film(bench.folder, bench.seconds, *bench.size),
        tensor_bytes(bench, bench.seconds),
    )
    ways = {way: round(tensors * tensor) for way, tensors in _WAYS.items()}
    missing = {way: reason for way, needed in ways.items() if (reason := shortage(needed))}
    if readers.ours in missing:
        return [Figure(f"Decode {bench.what}", None, detail=missing[readers.ours])]
    runs = {
        way.__name__: partial(apart, sample, way, path, needed)
        for way, needed in ways.items()
        if way not in missing
    }
    once = {
        name: [run()] for name in ("stacked",) if (run := runs.pop(name, None))
    }  # no target hangs on it, and it takes long
    samples = interleaved(runs, bench.repeats) | once
    return [*_times(bench, samples), *_peaks(bench, samples, tensor)]


def memory(bench: Bench) -> list[Figure]:
    """Peak memory of the longest film that the API makes."""
    seconds = 2 if bench.is_quick else _LONG_SECONDS
    name, needed = (
        f"Peak memory above the start / tensor, {seconds} s of {bench.size[1]}P",
        tensor_bytes(bench, seconds),
    )
    if reason := shortage(needed):
        return [Figure(name, None, at_most=1.05, detail=reason)]
    seen = apart(sample, readers.ours, film(bench.folder, seconds, *bench.size), needed)
    detail = f"{seen.growth_bytes / GIGABYTE:.2f} GB, {seen.seconds:.1f} s"
    return [Figure(name, seen.growth_bytes / needed, at_most=1.05, detail=detail)]


def tensor_bytes(bench: Bench, seconds: int) -> int:
    """What the frames of a film take as float32 (F, H, W, 3)."""
    width, height = bench.size
    return seconds * FPS * width * height * 3 * 4


def _times(bench: Bench, samples: dict[str, list[Sample]]) -> list[Figure]:
    ours = samples["ours"]
    ratio, detail = _over(ours, samples["bare"])
    figures = [
        Figure(
            f"Decode {bench.what} with sound: ours / bare decoder", ratio, at_most=2, detail=detail
        )
    ]
    for way, name, limit in (
        ("core", "ComfyUI's own", 2.5),
        ("stacked", "list, stack, divide", None),
    ):
        if way in samples:
            ratio, detail = _over(samples[way], ours)
            figures.append(Figure(f"Decode: {name} / ours", ratio, at_least=limit, detail=detail))
    return figures


def _over(above: list[Sample], below: list[Sample]) -> tuple[float, str]:
    wall, computing = (
        [median(each[place] for each in samples) for samples in (above, below)] for place in (0, 1)
    )
    return wall[0] / wall[
        1
    ], f"{wall[0]:.2f} s / {wall[1]:.2f} s; computing {computing[0]:.1f} s / {computing[1]:.1f} s"


def _peaks(bench: Bench, samples: dict[str, list[Sample]], tensor: int) -> list[Figure]:
    names = {"ours": "ours", "core": "ComfyUI's own", "stacked": "list, stack, divide"}
    figures = []
    for way, name in names.items():
        if way in samples:
            grown = median(each.growth_bytes for each in samples[way])
            limit = 1.05 if way == "ours" else None
            detail = f"{grown / GIGABYTE:.2f} GB"
            figures.append(
                Figure(
                    f"Peak memory above the start / tensor, {bench.what}: {name}",
                    grown / tensor,
                    at_most=limit,
                    detail=detail,
                )
            )
    return figures
