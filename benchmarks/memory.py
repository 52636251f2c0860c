"""The seconds and the peak memory of one piece of work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from .peak_memory import PeakMemory

_PAGE = 4096
_TOUCHES = 2  # at most: under memory pressure no number of them is enough
_WARM_SECONDS = 0.1  # of a gigabyte, at most, if the machine really has it
GIGABYTE = 1e9


class Sample(NamedTuple):
    """The cost of one run.

    `cpu_seconds` are those of all threads, without the system's: less disturbed by other work than
    `seconds`. `growth_bytes` is the peak memory above the start; `touch_seconds` is what the system
    takes to find that memory.
    """

    seconds: float
    cpu_seconds: float
    growth_bytes: int
    touch_seconds: float


def sample(work: Callable[[Path], object], path: Path, needed_bytes: int) -> Sample:
    """Run `work` once, which may take `needed_bytes` of memory, and return its cost."""
    touch_seconds = _warm(needed_bytes)
    with PeakMemory(psutil.Process()) as memory:
        began, computed = time.perf_counter(), os.times().user
        result = work(path)
        seconds, cpu_seconds = time.perf_counter() - began, os.times().user - computed
    del result
    return Sample(seconds, cpu_seconds, memory.growth_bytes, touch_seconds)


def _warm(needed_bytes: int) -> float:
    """Touch this much memory, and return the seconds that it takes from then on.

    On a virtual machine the first touch of a gigabyte takes seconds.
    """
    for _ in range(_TOUCHES):
        began = time.perf_counter()
        np.empty(needed_bytes, np.uint8)[::_PAGE] = 1
        seconds = time.perf_counter() - began
        if seconds < _WARM_SECONDS * needed_bytes / GIGABYTE:
            break
    return seconds


def shortage(needed_bytes: int) -> str:
    """Return why a run that needs this much must be left out, or an empty string."""
    free = psutil.virtual_memory().available
    if free >= needed_bytes * 1.1:
        return ""
    needed = f"{needed_bytes / GIGABYTE:.1f} GB"
    return f"it needs {needed} of memory, and {free / GIGABYTE:.1f} GB are free"
