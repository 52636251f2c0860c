"""The journal of a running ComfyUI: every change of a task is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..wan27.entry import Entry, NewEntry
from ..wan27.journal import Journal


class WatchedJournal(Journal):
    """A journal that calls `changed` once a change is on disk, in the thread that made it."""

    def __init__(self, path: Path, changed: Callable[[], None]) -> None:
        super().__init__(path)
        self._changed = changed

    def begin(self, new: NewEntry) -> Entry:
        """As the journal does."""
        return self._told(super().begin(new))

    def adopt(self, *, host: str, account: str, task_id: str) -> Entry:
        """As the journal does."""
        return self._told(super().adopt(host=host, account=account, task_id=task_id))

    def submitted(self, entry: Entry, task_id: str) -> Entry:
        """As the journal does."""
        return self._told(super().submitted(entry, task_id))

    def finished(self, entry: Entry, path: Path) -> Entry:
        """As the journal does."""
        return self._told(super().finished(entry, path))

    def failed(self, entry: Entry, error: str) -> Entry:
        """As the journal does."""
        return self._told(super().failed(entry, error))

    def uncertain(self, entry: Entry) -> Entry:
        """As the journal does."""
        return self._told(super().uncertain(entry))

    def forget(self, entry: Entry) -> None:
        """As the journal does."""
        super().forget(entry)
        self._changed()

    def _told(self, entry: Entry) -> Entry:
        self._changed()
        return entry
