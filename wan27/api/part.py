"""A file that is being fetched: it lies in a `.part` beside its target, and the target exists only once the whole is safe on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import DownloadFailed
from ..limits import MEGABYTE

_ABANDONED_SECONDS = 300  # longer than any stall that a download sits out
_MARGIN_BYTES = 64 * MEGABYTE  # a full disk troubles more than this pack


def free_bytes(folder: Path) -> int:
    """How much more the disk of `folder` can hold."""
    return shutil.disk_usage(folder).free


class Part:
    """One file on its way to `target`. All its methods block, and raise `DownloadFailed` where the disk does not take the file."""

    def __init__(self, target: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self._target = target
        self._free = free
        # A name of its own: two nodes may fetch one task at once, and neither may write into the other's file.
        self.path = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.part")

    def prepare(self) -> None:
        """Make the folder, and clear away what killed processes have left there: nobody has written to it for minutes."""
        with self._writing():
            self._target.parent.mkdir(parents=True, exist_ok=True)
        for part in self._target.parent.glob("*.part"):
            with contextlib.suppress(OSError):  # gone already, or held by somebody: no matter
                if time.time() - part.stat().st_mtime > _ABANDONED_SECONDS:
                    part.unlink()

    def make_sure_of_room(self, total_bytes: int) -> None:
        """Refuse a file that would not fit, before its first byte."""
        with self._writing():
            free = self._free(self._target.parent)
        if free < total_bytes + _MARGIN_BYTES:
            raise DownloadFailed(
                f"The video needs {_megabytes(total_bytes + _MARGIN_BYTES)} MB in {self._target.parent}, where {_megabytes(free)} MB are free. "
                "Make room there, then Run again: the finished task is not lost, and is not paid again."
            )

    @contextlib.contextmanager
    def open(self, at_byte: int) -> Iterator[BinaryIO]:
        """Open the part to write on at a byte; 0 begins anew."""
        with self._writing(), self.path.open("r+b" if at_byte else "wb") as file:
            file.seek(at_byte)
            yield file

    def settle(self) -> None:
        """Let the target exist, whole even after a power cut: the bytes reach the disk before the name does."""
        with self._writing():
            with self.path.open("r+b") as file:
                os.fsync(file.fileno())
            try:
                self.path.replace(self._target)
            except PermissionError:
                # Windows replaces no file that somebody reads: another node fetched the same video first.
                if not self._target.is_file():
                    raise
            _sync_folder(self._target.parent)

    def drop(self) -> None:
        """Remove the part, if it is still there."""
        with contextlib.suppress(OSError):  # a scanner may hold it; what is left over is swept up later
            self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = f"{error.strerror or type(error).__name__}"
            raise DownloadFailed(
                f"The video could not be written to {self._target.parent} ({said}). Make room there, or make the folder writable, then Run "
                "again: the finished task is not lost, and is not paid again."
            ) from error


def _sync_folder(folder: Path) -> None:
    """Let the new name reach the disk too; Windows cannot open folders, and some network drives do not sync them."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _megabytes(number: int) -> int:
    return -(-number // MEGABYTE)
