"""The computing of one frame in each step, from which the time on any machine can be read off."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import TypeVar

import av
import numpy as np

from wan27.media.colour.pixels import copy_to_floats, rgb_of
from wan27.media.colour.rgb import RgbConverter

from .bench import on_each_core
from .figure import Figure

T = TypeVar("T")

_FRAMES = 8
_ROUNDS = 5


def steps(path: Path, what: str) -> Figure:
    """Return the milliseconds of one thread: decoding on average, else the least of many runs."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        decoder = container.decode(video=0)
        frames = list(islice(decoder, _FRAMES))
        began = time.thread_time()
        count = sum(1 for _ in decoder)
        decoding = (time.thread_time() - began) / count
    converter = RgbConverter()
    pixels = [rgb_of(converter.convert(frame)) for frame in frames]
    out = np.ones(pixels[0].shape, np.float32)
    parts = {
        "decoding": decoding,
        "to RGB": _least(converter.convert, frames),
        "to floats": _least(lambda each: copy_to_floats(each, out), pixels),
    }
    detail = ", ".join(f"{part} {seconds * 1000:.1f}" for part, seconds in parts.items())
    name = f"Computing of one frame of {what}, in memory that was touched"
    return Figure(name, sum(parts.values()) * 1000, "ms", detail=detail)


@dataclass(frozen=True)
class Least:
    """What the steps take for a whole video; computing is without the system's share."""

    wall_seconds: float
    cpu_seconds: float


def least(path: Path) -> Least:
    """Return what the steps take where no core waits: one process a core, each with a video.

    With every core busy a step takes longer than in one thread on a quiet machine.
    """
    runs = on_each_core(_in_one_thread, path)
    walls, computed = zip(*runs, strict=True)
    return Least(mean(walls) / len(runs), min(computed))


def _in_one_thread(path: Path) -> tuple[float, float]:
    converter, began, computed = RgbConverter(), time.perf_counter(), os.times().user
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_count = 1
        out = np.empty((video.height, video.width, 3), np.float32)
        for frame in container.decode(video):
            copy_to_floats(rgb_of(converter.convert(frame)), out)
    return time.perf_counter() - began, os.times().user - computed


def _least(work: Callable[[T], object], items: list[T]) -> float:
    seconds = []
    for item in items * _ROUNDS:
        began = time.thread_time()
        work(item)
        seconds.append(time.thread_time() - began)
    return min(seconds)
