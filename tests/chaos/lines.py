"""Count the lines of the paid path as they run, and kill the process at one of them."""

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

from .user import Outcome, Request, run

_LIBRARY = Path(wan27.__file__).parent
_NOT_PAID = ("media", "simulator")
# Windows has no SIGKILL; there any signal ends a process as abruptly.
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Lines:
    """A count of every line of wan27 that this thread and new ones run, from its creation on.

    Before line number `last`, the process writes that line into the file `where` and kills itself.
    """

    def __init__(self, last: int | None = None, where: Path | None = None) -> None:
        self._last, self._where = last, where
        self._numbers = itertools.count(1)
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> int:
        """Stop counting and return the count."""
        sys.settrace(None)
        threading.settrace(None)
        return next(self._numbers) - 1

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._line if _is_paid(frame.f_code.co_filename) else None

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and next(self._numbers) == self._last:
            if self._where:
                file = Path(frame.f_code.co_filename).relative_to(_LIBRARY.parent)
                self._where.write_text(f"{file}:{frame.f_lineno}")
            os.kill(os.getpid(), _KILL)
        return self._line


@cache
def _is_paid(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(_LIBRARY) and path.relative_to(_LIBRARY).parts[0] not in _NOT_PAID


def count_lines(request: Request) -> int:
    """Run a request and return how many lines of the paid path it runs."""
    lines = Lines()
    run(request)
    return lines.stop()


def run_until(request: Request, last: int, where: Path) -> Outcome:
    """Run a request and die before its line number `last`; return only if that line never came."""
    request.folder.mkdir(parents=True)
    lines = Lines(last, where)
    outcome = run(request)
    lines.stop()
    return outcome
