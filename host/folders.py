"""The folders of this ComfyUI. Command line options move them, so each call asks ComfyUI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths

from ..wan27.errors import JournalFailed
from ..wan27.journal.drive import drive_problem
from .status.events import send_tasks_changed

if TYPE_CHECKING:
    from ..wan27.journal.journal import Journal

VIDEOS = "wan27"
JOURNAL = "journal.sqlite3"


def state_folder() -> Path:
    """Return `user/__wan27`, created if missing; no route of ComfyUI serves `__` folders.

    Raises `JournalFailed`.
    """
    folder = Path(folder_paths.get_system_user_directory("wan27"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalFailed("Nothing was sent.", drive_problem(error, folder / JOURNAL)) from error
    return folder


def open_journal() -> Journal:
    """Return the journal; each change is announced to the pages. Raises `JournalFailed`."""
    # Late: the page shows its settings also where Python has no SQLite.
    from ..wan27.journal.journal import Journal  # noqa: PLC0415

    return Journal(state_folder() / JOURNAL, send_tasks_changed)


def serving_folder() -> Path:
    """Return `user/__wan27/serving`, for media of running tasks that this ComfyUI serves."""
    return Path(folder_paths.get_system_user_directory("wan27")) / "serving"


def output_folder() -> Path:
    """Return ComfyUI's output folder; its page plays videos only from there."""
    return Path(folder_paths.get_output_directory())


def videos_folder() -> Path:
    """Return `output/wan27`, for videos that were paid for."""
    return output_folder() / VIDEOS


def temporary_folder() -> Path:
    """Return ComfyUI's temp folder, which may be missing; ComfyUI empties it when it starts."""
    return Path(folder_paths.get_temp_directory())
