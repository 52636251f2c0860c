"""The folder of what this ComfyUI serves.

A file can be read exactly while it is there, so a restart in the middle of a task changes nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..files import atomic_write, sweep
from ..limits import MEGABYTE
from .ref_counts import NAME, SUFFIXES

PATH = "/wan27/media/"  # below the public address; the route of host/routes.py

_TYPES = {suffix: content_type for content_type, suffix in SUFFIXES.items()}
_ABANDONED_SECONDS = (
    2 * 3600.0
)  # a file is in the journal minutes after it came, or nobody will ever need it


class ServingFolder:
    """One folder, which only the user may read.

    Blocking; used from any thread and process. Raises `OSError` where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        """`path` need not exist."""
        self.path = path

    def find(self, name: str) -> tuple[Path, str] | None:
        """Return the file of that name and its content type; None for any other name, and for what is not there (any more)."""
        path = self.path / name
        return (path, _TYPES[path.suffix]) if NAME.fullmatch(name) and path.is_file() else None

    def place(self, name: str, content: bytes | Path) -> int:
        """Let the file exist, whole or not at all; one that is there already begins its age anew.

        Return its size in bytes.
        """
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        path = self.path / name
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == size:
                os.utime(path)
                return size
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with atomic_write(path) as file:
                _copy(content, file)
        except PermissionError:
            # Windows, and another node has placed the same a moment ago: the host is reading it
            # already.
            if not (path.is_file() and path.stat().st_size == size):
                raise
        return size

    def remove(self, name: str) -> None:
        """Serve it no more."""
        (self.path / name).unlink(missing_ok=True)

    def sweep(self, is_needed: Callable[[str], bool], now: float) -> None:
        """Remove what crashes left behind: files that no open task needs.

        `now` is the time, in seconds since the epoch.

        Young ones stay, since another process may be about to submit them, and what cannot be
        removed goes another time.
        """
        sweep(self.path, "*", _ABANDONED_SECONDS, is_needed, now)


def _copy(content: bytes | Path, file: BinaryIO) -> None:
    """Copy, never link: a link would follow what its owner does to the original."""
    if isinstance(content, bytes):
        file.write(content)
        return
    with content.open("rb") as source:
        shutil.copyfileobj(source, file, MEGABYTE)
