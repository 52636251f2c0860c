"""The part file of a download: it becomes the target only once all its bytes are on disk."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import DownloadFailed
from ..files import atomic_replace, free_bytes, help_with_files, part_path, sweep, sync_folder
from ..limits import MEGABYTE
from .connections import MAX_LAYERS, is_packed

_MARGIN_BYTES = 64 * MEGABYTE  # a full disk harms more than this pack
_LARGEST_RATIO = 16  # video hardly shrinks when it is packed; what unpacks further is none
_ABANDONED_SECONDS = 300  # longer than any stall that a download tolerates


class PartFile:
    """A file beside its target. Each method blocks and raises `DownloadFailed` on disk errors."""

    def __init__(self, target: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self._target = target
        self._free = free
        # Each has its own name: two nodes may download one task at the same time.
        self.path = part_path(target)

    def prepare(self) -> None:
        """Make the folder, and delete the part files of killed processes."""
        with self._disk_errors():
            self._target.parent.mkdir(parents=True, exist_ok=True)
        sweep(self._target.parent, "*.part", _ABANDONED_SECONDS)

    def require_room(self, total_bytes: int) -> None:
        """Refuse a file that would not fit, before its first byte."""
        with self._disk_errors():
            free = self._free(self._target.parent)
        if free < total_bytes + _MARGIN_BYTES:
            raise DownloadFailed(
                f"The video needs {_megabytes(total_bytes + _MARGIN_BYTES)} MB in"
                f" {self._target.parent} and {_megabytes(free)} MB is free. Free some space there,"
                " then Run again: the finished task is kept and not charged again."
            )

    @contextlib.contextmanager
    def open(self, at_byte: int) -> Iterator[BinaryIO]:
        """Yield the file for writing from a byte on; 0 empties it."""
        with self._disk_errors(), self.path.open("r+b" if at_byte else "wb") as file:
            file.seek(at_byte)
            yield file

    def unpack(self) -> None:
        """Decompress a part that is gzip or zlib: a proxy may do that to a video, unasked."""
        for _ in range(MAX_LAYERS):
            if not self._unpack_layer():
                return

    def _unpack_layer(self) -> bool:
        with self._disk_errors():
            with self.path.open("rb") as file:
                if not is_packed(file.read(3)):
                    return False
            packed, plain = self.path, part_path(self._target)
            most = packed.stat().st_size * _LARGEST_RATIO + _MARGIN_BYTES
            self.require_room(packed.stat().st_size * 2)
            try:
                with packed.open("rb") as file, plain.open("wb") as unpacked:
                    for chunk in _inflated(file):
                        unpacked.write(chunk)
                        if unpacked.tell() > most:
                            raise DownloadFailed(
                                "The download is not a video: it unpacks endlessly."
                            )
                plain.replace(packed)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return False  # the check of the video says what it is instead
            finally:
                plain.unlink(missing_ok=True)
            return True

    def commit(self) -> None:
        """Move the part to its target, complete even after a power cut."""
        with self._disk_errors():
            with self.path.open("r+b") as file:
                os.fsync(file.fileno())
            try:
                atomic_replace(self.path, self._target)
            except PermissionError:
                # On Windows, where another node has downloaded the same video and reads it.
                if not self._target.is_file():
                    raise
            sync_folder(self._target.parent)

    def delete(self) -> None:
        """Delete the part, if it is still there."""
        with contextlib.suppress(OSError):  # in use by a scanner: a later download sweeps it
            self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = help_with_files(error) or "Free some space there or make the folder writable."
            raise DownloadFailed(
                f"The video cannot be written to {self._target.parent}"
                f" ({error.strerror or type(error).__name__}). {problem} Then Run again: the"
                " finished task is kept and not charged again."
            ) from error


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file that is gzip, else zlib, a megabyte at a time."""
    is_gzip = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if is_gzip:
        with gzip.open(file) as members:
            yield from iter(lambda: members.read(MEGABYTE), b"")
        return
    unpacker = zlib.decompressobj()
    while not unpacker.eof:
        packed = unpacker.unconsumed_tail or file.read(MEGABYTE)
        if not packed:
            raise EOFError
        yield unpacker.decompress(packed, MEGABYTE)


def _megabytes(number: int) -> int:
    return -(-number // MEGABYTE)
