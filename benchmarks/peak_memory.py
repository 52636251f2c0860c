"""The peak memory of a running process: the proof that frames take the memory of one tensor."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType

import psutil
from typing_extensions import Self


class PeakMemory:
    """Measures a process's resident memory in a `with` block: `peak_bytes` and `growth_bytes`.

    `interval_seconds` matters only on systems without a high-water mark (not Linux).
    """

    def __init__(self, process: psutil.Process, interval_seconds: float = 0.02) -> None:
        self._process = process
        self._interval_seconds = interval_seconds
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self.start_bytes = 0
        self.peak_bytes = 0

    @property
    def growth_bytes(self) -> int:
        """The peak above the memory at the start of the block."""
        return self.peak_bytes - self.start_bytes

    def __enter__(self) -> Self:
        """Start measuring."""
        self.start_bytes = self.peak_bytes = int(self._process.memory_info().rss)
        self._has_mark = _reset_high_water_mark(self._process.pid)
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop measuring."""
        self._done.set()
        self._sampler.join()
        if self._has_mark:
            self.peak_bytes = max(self.peak_bytes, _high_water_mark_bytes(self._process.pid))

    def _sample(self) -> None:
        while not self._done.wait(self._interval_seconds):
            self.peak_bytes = max(self.peak_bytes, int(self._process.memory_info().rss))


def _reset_high_water_mark(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _high_water_mark_bytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0
