"""The record of every submission, written before it is sent, so that a paid task is never lost and never bought twice.

One open entry per request (entry.py): SQLite enforces it, across threads and processes. A state changes only as the table there says.
No key, no media and no signed address is ever written here.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .entry import TRANSITIONS, Entry, NewEntry, State
from .errors import JournalFailed
from .owner import this_process

# The default rollback journal, not WAL: it is as safe, works on network drives, and has no moment at which a second process is refused
# instead of made to wait (switching a new file to WAL is one).
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT,            -- NULL where only the task id is known (Task Poll)
    host TEXT NOT NULL,
    account TEXT NOT NULL,       -- tells keys apart, gives none away (key.py)
    state TEXT NOT NULL,
    task_id TEXT,
    mode TEXT NOT NULL,
    parameters TEXT NOT NULL,    -- JSON: the request without its media
    cost TEXT NOT NULL,          -- the estimate as shown, "" where unknown
    uploads TEXT NOT NULL,       -- JSON: names of what was uploaded for it; no addresses, those are signed
    owner TEXT NOT NULL,         -- who began it (owner.py)
    created REAL NOT NULL,       -- seconds since the epoch
    updated REAL NOT NULL,
    path TEXT NOT NULL,          -- the video, "" until finished
    error TEXT NOT NULL
)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS one_open_entry ON entries (fingerprint) WHERE state IN ('submitting', 'running', 'finished')""",
    """CREATE INDEX IF NOT EXISTS entries_of_task ON entries (host, task_id)""",
)


_OPEN = "fingerprint = ? AND (state IN ('submitting', 'running', 'finished') OR state = 'uncertain' AND updated >= ?)"


class AlreadyOpenError(Exception):
    """Somebody else began the same request first. Never reaches a user: the caller looks again and joins them."""


class Journal:
    """The record in one SQLite file. Every call opens, commits and closes, so it may be used from any thread and process.

    Raises `JournalFailed` where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, fingerprint: str, asked: float) -> Entry | None:
        """Return the open entry of a request, or None.

        An answer that was never heard since `asked`, when the user pressed Run, counts as open: of two equal nodes in one graph, the
        second must not take the first one's place and buy again before anybody has read what happened.
        """
        with self._transaction() as connection:
            return _select(connection, _OPEN, fingerprint, asked)

    def find_task(self, host: str, task_id: str) -> Entry | None:
        """Return the newest entry of a task, or None."""
        with self._transaction() as connection:
            return _select(connection, "host = ? AND task_id = ?", host, task_id)

    def find_result(self, path: Path) -> Entry | None:
        """Return the entry whose finished video is the file at `path`, or None."""
        with self._transaction() as connection:
            return _select(connection, "state = 'finished' AND path = ?", str(path))

    def is_needed(self, upload: str) -> bool:
        """Whether any task that has not ended lives on what was uploaded under this name."""
        with self._transaction() as connection:
            return _select(connection, "state IN ('submitting', 'running') AND instr(uploads, ?)", json.dumps(upload)) is not None

    def begin(self, new: NewEntry) -> Entry:
        """Record a submission that is about to leave; committed to disk on return. Raises `AlreadyOpenError` where one is open."""
        with self._transaction() as connection:
            # A submission that was refused and never became a task has nothing to remember once it is tried again.
            connection.execute("DELETE FROM entries WHERE fingerprint = ? AND state = 'failed' AND task_id IS NULL", [new.fingerprint])
            if _select(connection, _OPEN, new.fingerprint or "", new.asked) is not None:
                raise AlreadyOpenError
            return _insert(connection, new, State.SUBMITTING, None)

    def adopt(self, *, host: str, account: str, task_id: str) -> Entry:
        """Return the entry of a task that may have been submitted elsewhere and is known by its id alone."""
        with self._transaction() as connection:
            known = _select(connection, "host = ? AND task_id = ?", host, task_id)
            return known or _insert(connection, NewEntry(fingerprint=None, host=host, account=account), State.RUNNING, task_id)

    def release(self, entry: Entry) -> Entry:
        """The sender is done with a submission but heard no answer: whoever finds it next need not wait for anybody."""
        with self._transaction() as connection:
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
        with self._transaction() as connection:
            # A row that another node has already moved stays as it is: the second collector of a task comes to the same end.
            connection.execute(
                f"UPDATE entries SET {assignments} WHERE id = ? AND state IN ({marks})",  # noqa: S608 - names of this file, no input
                [to.value, time.time(), *columns.values(), entry.id, *allowed],
            )
            return _select(connection, "id = ?", entry.id) or entry

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction of its own: committed and on disk when the block ends, rolled back where it raises."""
        try:
            _create_private(self._path)
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = EXTRA")  # a commit survives a power cut, not only a crash
                connection.execute("BEGIN IMMEDIATE")  # what is read inside is still true when it is written
                with connection:
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise JournalFailed(
                f"The record of paid tasks at {self._path} cannot be used ({error}). Nothing is submitted without it: "
                "a paid video could be lost. Make the folder writable and free some disk space."
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
        "uploads": json.dumps(new.uploads),
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


def _select(connection: sqlite3.Connection, where: str, *values: str | float) -> Entry | None:
    row = connection.execute(f"SELECT * FROM entries WHERE {where} ORDER BY id DESC", values).fetchone()  # noqa: S608 - from this file
    return None if row is None else _entry(row)


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
        "uploads": tuple(json.loads(columns["uploads"])),
        "path": Path(columns["path"]) if columns["path"] else None,
    }
    return Entry(**columns)
