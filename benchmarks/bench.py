"""What every topic gets, and the ways to compare variants fairly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

from scripts.comfyui import ComfyUI
from wan27.media.decode.cores import usable_cores

T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """A run of `make bench`.

    `folder` is deleted afterwards. `is_quick` proves that everything works, with small images and
    short videos: its numbers mean little.
    """

    comfyui: ComfyUI
    folder: Path
    repeats: int
    is_quick: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the large images: 1080P."""
        return (640, 352) if self.is_quick else (1920, 1080)

    @property
    def seconds(self) -> int:
        """The length of the usual video."""
        return 1 if self.is_quick else 5

    @property
    def what(self) -> str:
        """The usual video, in words."""
        return f"{self.seconds} s of {self.size[1]}P"


def interleaved(variants: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Run A B C A B C …, so that the machine's other work slows all of them alike."""
    results: dict[str, list[T]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, work in variants.items():
            results[name].append(work())
    return results


def medians(results: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each variant."""
    return {name: median(values) for name, values in results.items()}


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_fresh_process(work: Callable[..., T], *arguments: object) -> T:
    """Return what `work` returns in a fresh process, with its own memory and nothing warm."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def on_each_core(work: Callable[..., T], *arguments: object) -> list[T]:
    """Return what `work` returns in fresh processes, one for each core and all at once."""
    cores = usable_cores()
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(work, *arguments) for _ in range(cores)]
        return [run.result() for run in runs]
