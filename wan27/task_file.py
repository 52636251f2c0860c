"""Where the video of a task lives, and whether it could be kept there. A task id comes from outside, so it is not trusted to be a file name."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from .errors import NoRoom
from .limits import MEGABYTE

# Fifteen seconds of 1080P are some 30 MB; a disk with less than this will soon fail everything else too.
_ROOM_BYTES = 100 * MEGABYTE

# Names that Windows keeps for devices, whatever their ending.
_DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def video_path(folder: Path, task_id: str) -> Path:
    """Return `<folder>/<task_id>.mp4`; an id that is no safe file name on every system is replaced by its hash."""
    safe = _PLAIN.fullmatch(task_id) and not _DEVICES.fullmatch(task_id)
    name = task_id if safe else f"task-{hashlib.sha256(task_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return folder / f"{name}.mp4"


def require_room(folder: Path) -> None:
    """Raise `NoRoom` where a video could not be kept in `folder`: asked before one is bought. Makes the folder. Blocking."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        raise NoRoom(f"Videos cannot be saved to {folder} ({error.strerror}). Make that folder writable. Nothing was sent.") from error
    if free < _ROOM_BYTES:
        raise NoRoom(
            f"The disk of {folder} has {free // MEGABYTE} MB left; a video needs up to {_ROOM_BYTES // MEGABYTE} MB. "
            "Free some space there. Nothing was sent."
        )
