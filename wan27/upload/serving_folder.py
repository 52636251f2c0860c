"""The folder of files that this ComfyUI serves.

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
from .ref_counts import SUFFIXES, is_object_name
from .uploader import size_of

SERVED = "serving"  # `Uploader.place` of this folder, at whatever address it is served
PATH = "/wan27/media/"  # below the public address; the route is in host/page/routes.py

_TYPES = {suffix: content_type for content_type, suffix in SUFFIXES.items()}
# The journal has a file's task minutes after the file was written, or no task will need it.
_ABANDONED_SECONDS = 2 * 3600.0


class ServingFolder:
    """One folder, which only the user may read.

    It blocks; any thread and process may use it. Raises `OSError` on disk errors.
    """

    def __init__(self, path: Path) -> None:
        """`path` need not exist."""
        self.path = path

    def find(self, name: str) -> tuple[Path, str] | None:
        """Return the path and the content type of a file, None for any other name."""
        path = self.path / name
        return (path, _TYPES[path.suffix]) if is_object_name(name) and path.is_file() else None

    def put(self, name: str, content: bytes | Path) -> int:
        """Write a file, atomically, and return its size; one that exists counts as new again."""
        size = size_of(content)
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
            # On Windows, where another node has put the same file and the host already reads it.
            if not (path.is_file() and path.stat().st_size == size):
                raise
        return size

    def delete(self, name: str) -> None:
        """Delete a file if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def sweep(self, is_needed: Callable[[str], bool], now: float) -> None:
        """Delete what crashes left behind: old files that no open task needs.

        `now` is in epoch seconds. Young files stay: another process may be about to submit them. A
        file in use is deleted another time.
        """
        sweep(self.path, "*", _ABANDONED_SECONDS, is_needed, now)


def _copy(content: bytes | Path, file: BinaryIO) -> None:
    """Copy, never link: a link would change with the user's original."""
    if isinstance(content, bytes):
        file.write(content)
        return
    with content.open("rb") as source:
        shutil.copyfileobj(source, file, MEGABYTE)
