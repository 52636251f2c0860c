"""The journal of this ComfyUI."""

from __future__ import annotations

from ..wan27.journal.journal import Journal
from .folders import state_folder
from .status.events import send_tasks_changed


def open_journal() -> Journal:
    """Return the journal; each change is announced to the pages. Raises `JournalFailed`."""
    return Journal(state_folder() / "journal.sqlite3", send_tasks_changed)
