"""The record of every submission, written before it is sent, so that a paid task is never lost and never bought twice.

Its states are this table and nothing else; every change of state goes through it:

    submitting ──> running ──> finished        begun before the request leaves · the host named a task · the file is on disk
        │             └──────> failed          the host gave the task up, or forgot it
        ├──────────> failed                    the host refused, or nothing was ever sent
        └──────────> uncertain                 sent, but nobody heard the answer: the user was told, and may buy anew

A request is *open* while it is submitting, running or finished. One open entry per fingerprint: SQLite enforces it, across processes.
No key, no media and no signed address is ever written here.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from .errors import JournalFailed
from .owner import this_process


class State(Enum):
    """Where a submission stands."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


TRANSITIONS = {
    State.SUBMITTING: {State.RUNNING, State.FAILED, State.UNCERTAIN},
    State.RUNNING: {State.FINISHED, State.FAILED},
    State.FINISHED: {State.FINISHED, State.FAILED},  # its file was deleted: fetched again, or forgotten by the host
    State.FAILED: set(),
    State.UNCERTAIN: set(),
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT,            -- NULL where only the task id is known (Task Poll)
    host TEXT NOT NULL,
    account TEXT NOT NULL,       -- tells keys apart, gives none away (key.py)
    state TEXT NOT NULL,
    task_id TEXT,
    mode TEXT NOT NULL,
    parameters TEXT NOT NULL,    -- JSON: the request without its media
    cost TEXT NOT NULL,          -- the estimate as shown, "" where unknown
    owner TEXT NOT NULL,         -- who began it (owner.py)
    created REAL NOT NULL,       -- seconds since the epoch
    updated REAL NOT NULL,
    path TEXT NOT NULL,          -- the video, "" until finished
    error TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_entry ON entries (fingerprint) WHERE state IN ('submitting', 'running', 'finished');
CREATE UNIQUE INDEX IF NOT EXISTS one_entry_per_task ON entries (host, task_id) WHERE task_id IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `created` and `updated` are seconds since the epoch; `path` is None until the video is on disk."""

    id: int
    fingerprint: str | None
    host: str
    account: str
    state: State
    task_id: str | None
    mode: str
    parameters: Mapping[str, Any]
    cost: str
    owner: str
    created: float
    updated: float
    path: Path | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What is known of a submission before it leaves."""

    fingerprint: str | None
    host: str
    account: str
    mode: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cost: str = ""


class AlreadyOpenError(Exception):
    """Somebody else began the same request first. Never reaches a user: the caller looks again and joins them."""


class Journal:
    """The record in one SQLite file. Every call opens, commits and closes, so it may be used from any thread and process.

    Raises `JournalFailed` where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, fingerprint: str) -> Entry | None:
        """Return the open entry of a request, or None."""
        return self._one("fingerprint = ? AND state IN ('submitting', 'running', 'finished')", fingerprint)

    def find_task(self, host: str, task_id: str) -> Entry | None:
        """Return the entry of a task, or None."""
        return self._one("host = ? AND task_id = ?", host, task_id)

    def begin(self, new: NewEntry) -> Entry:
        """Record a submission that is about to leave; committed to disk on return. Raises `AlreadyOpenError` where one is open."""
        with self._connection() as connection:
            # A submission that was refused and never became a task has nothing to remember once it is tried again.
            connection.execute("DELETE FROM entries WHERE fingerprint = ? AND state = 'failed' AND task_id IS NULL", [new.fingerprint])
            return _insert(connection, new, State.SUBMITTING, None)

    def adopt(self, *, host: str, account: str, task_id: str) -> Entry:
        """Return the entry of a task that may have been submitted elsewhere and is known by its id alone."""
        try:
            with self._connection() as connection:
                return _insert(connection, NewEntry(fingerprint=None, host=host, account=account), State.RUNNING, task_id)
        except AlreadyOpenError:
            return self._one("host = ? AND task_id = ?", host, task_id) or self.adopt(host=host, account=account, task_id=task_id)

    def release(self, entry: Entry) -> Entry:
        """The sender is done with a submission but heard no answer: whoever finds it next need not wait for anybody."""
        with self._connection() as connection:
            connection.execute("UPDATE entries SET owner = '' WHERE id = ? AND state = 'submitting'", [entry.id])
        return entry

    def submitted(self, entry: Entry, task_id: str) -> Entry:
        """The host accepted the submission and named its task."""
        return self._move(entry, State.RUNNING, task_id=task_id)

    def finished(self, entry: Entry, path: Path) -> Entry:
        """The video is on disk, whole."""
        return self._move(entry, State.FINISHED, path=str(path))

    def failed(self, entry: Entry, error: str) -> Entry:
        """No video will come of this entry."""
        return self._move(entry, State.FAILED, error=error)

    def uncertain(self, entry: Entry) -> Entry:
        """Sent, but the answer was never heard. The caller tells the user; the same request may be bought anew after that."""
        return self._move(entry, State.UNCERTAIN)

    def _move(self, entry: Entry, to: State, **columns: str) -> Entry:
        allowed = [state.value for state, targets in TRANSITIONS.items() if to in targets]
        assignments = ", ".join(f"{name} = ?" for name in ("state", "updated", *columns))
        marks = ", ".join("?" * len(allowed))
        with self._connection() as connection:
            # A row that another node has already moved stays as it is: the second collector of a task comes to the same end.
            connection.execute(
                f"UPDATE entries SET {assignments} WHERE id = ? AND state IN ({marks})",  # noqa: S608 - names of this file, no input
                [to.value, time.time(), *columns.values(), entry.id, *allowed],
            )
            row = connection.execute("SELECT * FROM entries WHERE id = ?", [entry.id]).fetchone()
        return _entry(row)

    def _one(self, where: str, *values: str) -> Entry | None:
        with self._connection() as connection:
            row = connection.execute(f"SELECT * FROM entries WHERE {where}", values).fetchone()  # noqa: S608 - only from this file
        return None if row is None else _entry(row)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction: committed and on disk when the block ends, rolled back where it raises."""
        try:
            _create_private(self._path)
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level="IMMEDIATE")) as connection:
                connection.row_factory = sqlite3.Row
                connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_SCHEMA}")
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise JournalFailed(
                f"The record of paid tasks at {self._path} cannot be used ({error}). Without it a paid video could be lost, so nothing "
                "is sent. Make the folder writable and free some disk space."
            ) from error


def _insert(connection: sqlite3.Connection, new: NewEntry, state: State, task_id: str | None) -> Entry:
    now = time.time()
    row = {
        "fingerprint": new.fingerprint,
        "host": new.host,
        "account": new.account,
        "state": state.value,
        "task_id": task_id,
        "mode": new.mode,
        "parameters": json.dumps(dict(new.parameters)),
        "cost": new.cost,
        "owner": this_process(),
        "created": now,
        "updated": now,
        "path": "",
        "error": "",
    }
    columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    try:
        cursor = connection.execute(f"INSERT INTO entries ({columns}) VALUES ({marks})", row)  # noqa: S608 - names of this file
    except sqlite3.IntegrityError as error:
        raise AlreadyOpenError from error
    return _entry(connection.execute("SELECT * FROM entries WHERE id = ?", [cursor.lastrowid]).fetchone())


def _create_private(path: Path) -> None:
    """Only the user may read what they asked for."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _entry(row: sqlite3.Row) -> Entry:
    columns = dict(row)
    columns |= {
        "state": State(columns["state"]),
        "parameters": json.loads(columns["parameters"]),
        "path": Path(columns["path"]) if columns["path"] else None,
    }
    return Entry(**columns)
