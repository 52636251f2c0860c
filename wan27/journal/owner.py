"""Who is sending a request: a lock of the operating system on one file for each request.

The lock only shortens a wait and is never the proof. A file system without locks, or a forked child
that keeps one, must not lead to a second submission: the observer then waits, by its own monotonic
clock, for as long as one submission can take, and ends in doubt, which costs a question and no
money.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Sender(Enum):
    """What a look at the lock of a request says."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


@contextlib.contextmanager
def sending(folder: Path, fingerprint: str) -> Iterator[Sender]:
    """Hold the lock of a request while the block runs, if it is free.

    Yield GONE where this block has the lock now: no one else is sending. Yield ALIVE where another
    one has it, UNKNOWN where this file system has no locks.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / f"{fingerprint}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        yield Sender.UNKNOWN
        return
    try:
        yield _lock(handle)
    finally:
        os.close(handle)  # which releases the lock, as the death of the process does


def look(folder: Path, fingerprint: str) -> Sender:
    """Return what the lock of a request says now."""
    with sending(folder, fingerprint) as sender:
        return sender


def _lock(handle: int) -> Sender:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return Sender.ALIVE
    except OSError:
        return Sender.UNKNOWN
    return Sender.GONE
