"""What every topic is given: a ComfyUI, a folder that goes with the run, how often to repeat, and the ways to measure honestly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

from scripts.comfyui import ComfyUI

T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """One run. `is_quick` proves that all works, with small pictures and short films: its numbers mean little."""

    comfyui: ComfyUI
    folder: Path
    repeats: int
    is_quick: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the large pictures: 1080P."""
        return (640, 352) if self.is_quick else (1920, 1080)

    @property
    def seconds(self) -> int:
        """How long the usual film is."""
        return 1 if self.is_quick else 5

    @property
    def what(self) -> str:
        """The usual film in words."""
        return f"{self.seconds} s of {self.size[1]}P"


def interleaved(variants: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Run A B C A B C …, so that what the machine does meanwhile meets all alike."""
    results: dict[str, list[T]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, work in variants.items():
            results[name].append(work())
    return results


def medians(results: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each variant."""
    return {name: median(values) for name, values in results.items()}


def apart(work: Callable[..., T], *arguments: object) -> T:
    """Return what `work` returns in a fresh process: its memory is its own, and nothing is warm from before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()
