"""Where the video of a task lives. A task id comes from outside, so it is not trusted to be a file name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

# Names that Windows keeps for devices, whatever their ending.
_DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def video_path(folder: Path, task_id: str) -> Path:
    """Return `<folder>/<task_id>.mp4`; an id that is no safe file name on every system is replaced by its hash."""
    safe = _PLAIN.fullmatch(task_id) and not _DEVICES.fullmatch(task_id)
    name = task_id if safe else f"task-{hashlib.sha256(task_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return folder / f"{name}.mp4"
