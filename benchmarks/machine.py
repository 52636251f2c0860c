"""What was measured on, in a line without names and paths."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from .memory import GIGABYTE


def machine(comfyui_version: str) -> str:
    """Processor, cores, memory, system, and the versions of what does the work."""
    packages = ", ".join(
        f"{name} {version(package)}"
        for name, package in (("torch", "torch"), ("PyAV", "av"), ("NumPy", "numpy"))
    )
    return (
        f"{_processor()}, {psutil.cpu_count()} cores, {psutil.virtual_memory().total / GIGABYTE:.0f} GB, {platform.system()} "
        f"{platform.machine()}; Python {platform.python_version()}, {packages}, Pillow {version('pillow')}, ComfyUI {comfyui_version}"
    )


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or "unknown processor"


class Load:
    """How busy others kept the processor meanwhile: what their work took is missing in ours."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        others = (_busy_seconds() - self._busy - (_own_seconds() - self._own)) / seconds
        return f"{seconds:.0f} s; other programs kept {max(others, 0):.1f} of {psutil.cpu_count()} cores busy"


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(
        sum(times)
        - times.idle
        - getattr(times, "iowait", 0.0)
        - getattr(times, "guest", 0.0)
        - getattr(times, "guest_nice", 0.0)
    )


def _own_seconds() -> float:
    return sum(os.times()[:4])
