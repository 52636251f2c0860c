"""Files that are complete or absent: atomic writes, sweeping, free disk space, names of videos.

Windows refuses to replace a file while any program has it open, so a replacement is retried for a
second and a half. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import NoRoom
from .limits import MEGABYTE

# A reader of these files is done in milliseconds; a virus scanner needs longer for a new file.
_WAITS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0)
_WAITS_FOR_FILES_SECONDS = (0.03, 0.1, 0.3, 1.0, 2.0, 4.0)
_IN_USE = (5, 32)  # Windows: access denied, sharing violation
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)

# 15 s of 1080P are some 30 MB; a disk with less than this soon fails everything else too.
_ROOM_BYTES = 100 * MEGABYTE

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")  # reserved by Windows, with any suffix


def part_path(target: Path) -> Path:
    """Return a name beside `target` that no other writer uses."""
    return target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")


def atomic_replace(new: Path, target: Path, pause: Callable[[float], None] = time.sleep) -> None:
    """Move `new` to `target`, which may exist. Raises `OSError`."""
    for seconds in _WAITS_SECONDS:
        try:
            new.replace(target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE:
                raise
            pause(seconds)
        else:
            return
    new.replace(target)


@contextlib.contextmanager
def atomic_write(target: Path) -> Iterator[BinaryIO]:
    """Yield a file that becomes `target`, readable by its owner alone, when the block ends.

    The bytes reach the disk before the name does. Where the block raises, `target` does not change.
    Raises `OSError`.
    """
    part = part_path(target)
    try:
        with os.fdopen(os.open(part, _NEW_FILE, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        atomic_replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def sweep(
    folder: Path,
    pattern: str,
    older_than_seconds: float,
    keep: Callable[[str], bool] = lambda _: False,
    now: float | None = None,
) -> None:
    """Delete the files in `folder` that match `pattern`, unless young or kept by name.

    `now` is in epoch seconds (default: by the clock of the folder's disk, which also dates the
    files: another machine's differs). A file that is gone or in use is skipped.
    """
    with contextlib.suppress(OSError):
        now = _disk_time(folder) if now is None else now
    if now is None:
        return
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if now - path.stat().st_mtime >= older_than_seconds and not keep(path.name):
                path.unlink()


def _disk_time(folder: Path) -> float:
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime


def free_bytes(folder: Path) -> int:
    """Return the free space on the disk of `folder`."""
    return shutil.disk_usage(folder).free


def require_room(folder: Path) -> None:
    """Raise `NoRoom` where no video can be saved to `folder`, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = free_bytes(folder)
    except OSError as error:
        raise NoRoom(
            f"Videos cannot be saved to {folder} ({error.strerror}). Make that folder writable. "
            "Nothing was sent."
        ) from error
    if free < _ROOM_BYTES:
        raise NoRoom(
            f"The disk of {folder} has {free // MEGABYTE} MB left and a video needs up to "
            f"{_ROOM_BYTES // MEGABYTE} MB. Free some space there. Nothing was sent."
        )


def too_many_open(needed: int = 1) -> str:
    """Return what helps where this process cannot open so many more files, else ""."""
    opened: list[int] = []
    try:
        for _ in range(needed):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - closed below
    except OSError as error:
        return help_with_files(error)
    finally:
        for handle in opened:
            os.close(handle)
    return ""


def help_with_files(error: OSError) -> str:
    """Return what helps where an error is that too many files are open, else ""."""
    if error.errno not in {errno.EMFILE, errno.ENFILE}:
        return ""
    return (
        "ComfyUI has too many files and connections open. Run fewer items at once, or raise the"
        " limit (ulimit -n) and restart ComfyUI."
    )


def wait_for_files(needed: int) -> None:
    """Wait some seconds for other work to close files, where so many more cannot be opened."""
    for seconds in _WAITS_FOR_FILES_SECONDS:
        if not too_many_open(needed):
            return
        time.sleep(seconds)


def sync_folder(folder: Path) -> None:
    """Flush a new name to disk; Windows cannot open folders, and some network drives refuse."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def video_path(folder: Path, task_id: str) -> Path:
    """Return `<folder>/<task_id>.mp4`.

    The id comes from outside: one that is not a safe file name on every system is replaced by its
    hash.
    """
    is_safe = _PLAIN.fullmatch(task_id) and not _DEVICES.fullmatch(task_id)
    digest = hashlib.sha256(task_id.encode("utf-8", "replace")).hexdigest()
    return folder / f"{task_id if is_safe else f'task-{digest[:32]}'}.mp4"
