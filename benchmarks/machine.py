"""The machine and its load, without names and paths."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from .memory import GIGABYTE

_PACKAGES = {"torch": "torch", "PyAV": "av", "NumPy": "numpy", "Pillow": "pillow"}


def machine(comfyui_version: str) -> str:
    """Return the processor, cores, memory, system, and the versions of what does the work."""
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / GIGABYTE
    parts = [_processor(), f"{cores} cores", f"{memory:.0f} GB"]
    parts.append(f"{platform.system()} {platform.machine()}")
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {version(package)}" for name, package in _PACKAGES.items()]
    return f"{', '.join(parts)}; {', '.join([*versions, f'ComfyUI {comfyui_version}'])}"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or "unknown processor"


class Load:
    """The processor time that other programs used since it was made."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        others = (_busy_seconds() - self._busy - (_own_seconds() - self._own)) / seconds
        cores = psutil.cpu_count()
        return f"{seconds:.0f} s; other programs used {max(others, 0):.1f} of {cores} cores"


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    # Time of guests is also in `user`; not every system has all of them.
    other = sum(getattr(times, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
    return float(sum(times) - other)


def _own_seconds() -> float:
    return sum(os.times()[:4])
