"""The journal of this ComfyUI."""

from __future__ import annotations

from ..wan27.journal.journal import Journal
from .folders import state_folder
from .status.events import tasks_changed


def open_journal() -> Journal:
    """Return the journal, which tells the page of every change. Raises `JournalFailed`."""
    return Journal(state_folder() / "journal.sqlite3", tasks_changed)
