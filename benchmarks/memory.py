"""Seconds and peak memory of one piece of work, in a process of its own."""

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
_TOUCHES = 2  # at most: where others press for memory no number of them is enough
_WARM_SECONDS = 0.1  # what a gigabyte takes at most where the machine really has it
GIGABYTE = 1e9


class Sample(NamedTuple):
    """What one run cost."""

    seconds: float
    computing_seconds: float  # of all threads, without the system's: what is left of a ratio where others want the cores and the memory too
    growth_bytes: int


def sample(work: Callable[[Path], object], path: Path, needed_bytes: int) -> Sample:
    """Run `work` once and say what it cost; it may take `needed_bytes` of memory."""
    _warm(needed_bytes)
    with PeakMemory(psutil.Process()) as memory:
        began, computed = time.perf_counter(), os.times().user
        result = work(path)
        seconds, computing_seconds = time.perf_counter() - began, os.times().user - computed
    del result
    return Sample(seconds, computing_seconds, memory.growth_bytes)


def _warm(needed_bytes: int) -> None:
    """Let the machine really have this much: on a virtual one the first touch of a gigabyte takes two seconds, and it is soon taken away again."""
    for _ in range(_TOUCHES):
        began = time.perf_counter()
        np.empty(needed_bytes, np.uint8)[::_PAGE] = 1
        if time.perf_counter() - began < _WARM_SECONDS * needed_bytes / GIGABYTE:
            return


def shortage(needed_bytes: int) -> str:
    """Why a run that needs this much must be left out; empty where it can be done."""
    free = psutil.virtual_memory().available
    if free >= needed_bytes * 1.1:
        return ""
    return f"it needs {needed_bytes / GIGABYTE:.1f} GB of memory, and {free / GIGABYTE:.1f} GB are free"
