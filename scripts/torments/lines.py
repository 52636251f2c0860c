"""Counting the lines of the paid path as they run, and dying at one of them."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import wan27

_LIBRARY = Path(wan27.__file__).parent
_NOT_PAID = ("media", "simulator")
# Windows has no SIGKILL; there any signal ends a process as abruptly.
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Lines:
    """From its making on, every line of wan27 that this thread and new ones run counts; before the `last`, the process kills itself.

    Where that is, `place` holds.
    """

    def __init__(self, last: int | None = None, place: Path | None = None) -> None:
        self._last, self._place = last, place
        self._numbers = itertools.count(1)
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> int:
        """Count no more; return how many there were."""
        sys.settrace(None)
        threading.settrace(None)
        return next(self._numbers) - 1

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._line if _is_paid(frame.f_code.co_filename) else None

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and next(self._numbers) == self._last:
            if self._place:
                self._place.write_text(f"{Path(frame.f_code.co_filename).relative_to(_LIBRARY.parent)}:{frame.f_lineno}")
            os.kill(os.getpid(), _KILL)
        return self._line


@cache
def _is_paid(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(_LIBRARY) and path.relative_to(_LIBRARY).parts[0] not in _NOT_PAID
