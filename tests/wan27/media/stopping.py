"""Ticks that cancel the work they are given to."""

from __future__ import annotations

import threading
import time
from pathlib import Path


class Stopped(BaseException):
    """Like ComfyUI's interrupt since 0.20, not an Exception."""


def stop_at(call):
    """Return a tick that raises `Stopped` at its n-th call (None: never), and its call times."""
    calls = []

    def tick():
        calls.append(time.monotonic())
        if len(calls) == call:
            raise Stopped

    return tick, calls


def threads():
    """Return how many threads Python knows, and how many the process has (on Linux, else 0)."""
    tasks = Path("/proc/self/task")
    return threading.active_count(), len(list(tasks.iterdir())) if tasks.is_dir() else 0
