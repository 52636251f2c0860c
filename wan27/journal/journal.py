"""The calls of the journal: each submission is recorded before it is sent.

There is at most one open entry per request; SQLite enforces it across threads and processes. A
state changes only as the table in states.py allows. No key, no media and no signed URL is stored.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from ..money import Cost
from .database import Database, in_states, insert
from .entry import Entry, NewEntry
from .owner import this_process
from .states import ENDED, OPEN, UNDER_WAY, State, sources
from .thumbnails import Thumbnails

_IS_OPEN = (
    f"fingerprint = ? AND ({in_states(OPEN)} OR {in_states([State.UNCERTAIN])} AND updated >= ?)"
)
_IS_ENTRY = "id = ? AND created = ?"  # SQLite gives the id of a deleted row to the next one


class AlreadyOpenError(Exception):
    """Another run began the same request first: the caller joins it, so no user sees this."""


class Journal:
    """The journal in one SQLite file.

    Each call opens, commits and closes, so it may be used from any thread and process. Raises
    `JournalFailed` where the file cannot be used, or was damaged and had to be set aside.
    """

    def __init__(self, path: Path, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called once a change of an entry is on disk, in the thread that made it."""
        self._database = Database(path)
        self._transaction = self._database.transaction
        self._changed = changed
        self.thumbnails = Thumbnails(path.parent / "thumbnails")

    def check(self) -> None:
        """Read the whole file: damage in a part that no query reads could hide a paid task."""
        self._database.check()

    def find(self, fingerprint: str, asked: float) -> Entry | None:
        """Return the open entry of a request, or None.

        An entry that became uncertain since `asked`, when the user pressed Run, counts as open: the
        second of two equal nodes in one graph must not buy before the user has read what happened.
        """
        with self._transaction() as connection:
            found = _select(connection, _IS_OPEN, fingerprint, asked)
            if found is None:
                self._database.refuse_after_damage(connection, asked)
            return found

    def find_task(self, host: str, task_id: str) -> Entry | None:
        """Return the newest entry of a task, or None."""
        with self._transaction() as connection:
            return _select(connection, "host = ? AND task_id = ?", host, task_id)

    def find_result(self, path: Path) -> Entry | None:
        """Return the entry whose finished video is the file at `path`, or None."""
        is_result = f"{in_states([State.FINISHED])} AND path = ?"
        with self._transaction() as connection:
            return _select(connection, is_result, str(path))

    def find_entry(self, number: int, created: float) -> Entry | None:
        """Return the entry with that id, if it is still the one created then, or None."""
        with self._transaction() as connection:
            return _select(connection, _IS_ENTRY, number, created)

    def is_needed(self, upload: str) -> bool:
        """Return True where a task that is under way may still read the upload of this name."""
        reads_upload = f"{in_states(UNDER_WAY)} AND instr(uploads, ?)"
        with self._transaction() as connection:
            return _select(connection, reads_upload, json.dumps(upload)) is not None

    def take_uploads(self, uncertain_before: float) -> tuple[str, ...]:
        """Return the uploads of ended entries, each once: the caller deletes what it is given.

        An uncertain entry counts as ended only if it became so before `uncertain_before` (epoch
        seconds): its task may be running and read its uploads.
        """
        ended = (
            f"uploads <> '[]' AND ({in_states([State.FINISHED, State.FAILED])}"
            f" OR {in_states([State.UNCERTAIN])} AND updated < ?)"
        )
        select = f"SELECT uploads FROM entries WHERE {ended}"  # noqa: S608 - of this file's constants
        update = f"UPDATE entries SET uploads = '[]' WHERE {ended}"  # noqa: S608
        with self._transaction() as connection:
            rows = connection.execute(select, [uncertain_before]).fetchall()
            connection.execute(update, [uncertain_before])
        return tuple(name for row in rows for name in json.loads(row["uploads"]))

    def begin(self, new: NewEntry) -> Entry:
        """Record a submission that is about to be sent; it is on disk on return.

        Raises `AlreadyOpenError` where the request has an open entry.
        """
        thumbnail = self.thumbnails.keep(new.thumbnail)
        refused = f"fingerprint = ? AND {in_states([State.FAILED])} AND task_id IS NULL"
        with self._transaction() as connection:
            self._database.refuse_after_damage(connection, new.asked)
            # An entry that was refused and never became a task is replaced by the next attempt.
            connection.execute(f"DELETE FROM entries WHERE {refused}", [new.fingerprint])  # noqa: S608
            if _select(connection, _IS_OPEN, new.fingerprint or "", new.asked) is not None:
                raise AlreadyOpenError
            entry = _insert(connection, new, State.SUBMITTING, thumbnail=thumbnail)
        self._changed()
        return entry

    def adopt(self, *, host: str, account: str, task_id: str) -> Entry:
        """Return the entry of a task that is known by its id alone; make it if there is none."""
        new = NewEntry(fingerprint=None, host=host, account=account)
        with self._transaction() as connection:
            entry = _select(connection, "host = ? AND task_id = ?", host, task_id)
            entry = entry or _insert(connection, new, State.RUNNING, task_id)
        self._changed()
        return entry

    def release(self, entry: Entry) -> Entry:
        """Give up a submission without a response: no other run needs to wait for its sender."""
        waiting = f"{_IS_ENTRY} AND {in_states([State.SUBMITTING])}"
        release = f"UPDATE entries SET owner = '' WHERE {waiting}"  # noqa: S608
        with self._transaction() as connection:
            connection.execute(release, [entry.id, entry.created])
        return entry

    def submitted(self, entry: Entry, task_id: str) -> Entry:
        """Record that the host accepted the submission and named its task."""
        return self._move(entry, State.RUNNING, task_id=task_id)

    def finished(self, entry: Entry, path: Path) -> Entry:
        """Record that the complete video is on disk."""
        return self._move(entry, State.FINISHED, path=str(path))

    def failed(self, entry: Entry, error: str) -> Entry:
        """Record that there will be no video."""
        return self._move(entry, State.FAILED, error=error)

    def uncertain(self, entry: Entry) -> Entry:
        """Record that the request was sent and no response came.

        The caller shows this to the user; the same request may be submitted again after that.
        """
        return self._move(entry, State.UNCERTAIN)

    def recent(self, count: int, before: int | None = None) -> list[Entry]:
        """Return at most `count` entries, the newest first, with ids below `before`."""
        newest = "SELECT * FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?"
        with self._transaction() as connection:
            rows = connection.execute(newest, [before or 2**62, count]).fetchall()
            return [_entry(row) for row in rows]

    def spent(self, since: float, until: float) -> dict[str, Decimal]:
        """Return the estimated cost of the submissions in that time (epoch seconds), by currency.

        Failed tasks are free; running tasks and submissions without a response count.
        """
        counted = f"created >= ? AND created < ? AND NOT {in_states([State.FAILED])}"
        select = f"SELECT cost FROM entries WHERE {counted}"  # noqa: S608
        total: dict[str, Decimal] = defaultdict(Decimal)
        with self._transaction() as connection:
            rows = connection.execute(select, [since, until])
            for cost in filter(None, (Cost.parse(str(row["cost"])) for row in rows)):
                total[cost.currency] += cost.amount
        return dict(total)

    def forget(self, entry: Entry) -> None:
        """Delete an entry that has ended: the next Run of its request buys again."""
        delete = f"DELETE FROM entries WHERE {_IS_ENTRY} AND {in_states(ENDED)}"  # noqa: S608
        with self._transaction() as connection:
            connection.execute(delete, [entry.id, entry.created])
        self._changed()

    def prune(self, before: float) -> None:
        """Delete what ended before then (epoch seconds), and the thumbnails without an entry."""
        delete = f"DELETE FROM entries WHERE updated < ? AND {in_states(ENDED)}"  # noqa: S608
        with self._transaction() as connection:
            connection.execute(delete, [before])
            rows = connection.execute("SELECT DISTINCT thumbnail FROM entries").fetchall()
        self.thumbnails.keep_only({row["thumbnail"] for row in rows})

    def _move(self, entry: Entry, target: State, **columns: str) -> Entry:
        columns = {"state": target.value, **columns}
        assignments = ", ".join(f"{name} = ?" for name in (*columns, "updated"))
        # A row that another node has moved already stays as it is: both reach the same end.
        allowed = f"{_IS_ENTRY} AND {in_states(sources(target))}"
        update = f"UPDATE entries SET {assignments} WHERE {allowed}"  # noqa: S608
        with self._transaction() as connection:
            connection.execute(update, [*columns.values(), time.time(), entry.id, entry.created])
            moved = _select(connection, _IS_ENTRY, entry.id, entry.created) or entry
        self._changed()
        return moved


def _insert(
    connection: sqlite3.Connection,
    new: NewEntry,
    state: State,
    task_id: str | None = None,
    thumbnail: str = "",
) -> Entry:
    row = new.row(state, task_id, owner=this_process(), thumbnail=thumbnail)
    try:
        number = insert(connection, row)
    except sqlite3.IntegrityError as error:
        raise AlreadyOpenError from error
    return _entry(connection.execute("SELECT * FROM entries WHERE id = ?", [number]).fetchone())


def _select(connection: sqlite3.Connection, where: str, *values: str | float) -> Entry | None:
    query = f"SELECT * FROM entries WHERE {where} ORDER BY id DESC"  # noqa: S608
    row = connection.execute(query, values).fetchone()
    return None if row is None else _entry(row)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        return Entry.of_row(dict(row))
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"row {row['id']} is not a valid entry: {error}") from error
