"""The record of every submission, written before it is sent, so that a paid task is never lost and never bought twice.

One open entry per request (entry.py): SQLite enforces it, across threads and processes. A state
changes only as the table there says. No key, no media and no signed address is ever written here.
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
from .database import JournalFile, insert
from .entry import Entry, NewEntry
from .owner import this_process
from .states import TRANSITIONS, State
from .thumbnails import Thumbnails

_OPEN = (
    "fingerprint = ? AND (state IN ('submitting', 'running', 'finished') OR state = 'uncertain' AND"
    " updated >= ?)"
)
_THIS = "id = ? AND created = ?"  # SQLite gives the number of a removed row to the next one
_ENDED = "state IN ('finished', 'failed', 'uncertain')"


class AlreadyOpenError(Exception):
    """Somebody else began the same request first.

    Never reaches a user: the caller looks again and joins them.
    """


class Journal:
    """The record in one SQLite file.

    Every call opens, commits and closes, so it may be used from any thread and process.

    Raises `JournalFailed` where the file cannot be used, or was damaged and had to be set aside.
    """

    def __init__(self, path: Path, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called once a change is on disk, in the thread that made it."""
        self._file = JournalFile(path)
        self._transaction = self._file.transaction
        self.thumbnails = Thumbnails(path.parent / "thumbnails")
        self._changed = changed

    def check(self) -> None:
        """Read the whole file once, as at the start of a run: damage in a part that no query touches could hide a paid task."""
        self._file.check()

    def find(self, fingerprint: str, asked: float) -> Entry | None:
        """Return the open entry of a request, or None.

        An answer that was never heard since `asked`, when the user pressed Run, counts as open: of
        two equal nodes in one graph, the second must not take the first one's place and buy again
        before anybody has read what happened.
        """
        with self._transaction() as connection:
            found = _select(connection, _OPEN, fingerprint, asked)
            if found is None:
                self._file.refuse_after_damage(connection, asked)
            return found

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
            return (
                _select(
                    connection,
                    "state IN ('submitting', 'running') AND instr(uploads, ?)",
                    json.dumps(upload),
                )
                is not None
            )

    def take_uploads(self, uncertain_before: float) -> tuple[str, ...]:
        """The names of what was uploaded for entries that have ended, each given out once: whoever takes a name removes what it names.

        An uncertain entry counts as ended once it was told before then (epoch seconds): its task
        may be running, and read what was uploaded.
        """
        ended = (
            "uploads <> '[]' AND (state IN ('finished', 'failed') OR state = 'uncertain' AND"
            " updated < ?)"
        )
        with self._transaction() as connection:
            rows = connection.execute(
                f"SELECT uploads FROM entries WHERE {ended}", [uncertain_before]
            ).fetchall()  # noqa: S608 - see above
            connection.execute(
                f"UPDATE entries SET uploads = '[]' WHERE {ended}", [uncertain_before]
            )  # noqa: S608
        return tuple(name for row in rows for name in json.loads(row["uploads"]))

    def begin(self, new: NewEntry) -> Entry:
        """Record a submission that is about to leave; committed to disk on return.

        Raises `AlreadyOpenError` where one is open.
        """
        thumbnail = self.thumbnails.keep(new.thumbnail)
        with self._transaction() as connection:
            self._file.refuse_after_damage(connection, new.asked)
            # A submission that was refused and never became a task has nothing to remember once it
            # is tried again.
            connection.execute(
                "DELETE FROM entries WHERE fingerprint = ? AND state = 'failed' AND task_id IS"
                " NULL",
                [new.fingerprint],
            )
            if _select(connection, _OPEN, new.fingerprint or "", new.asked) is not None:
                raise AlreadyOpenError
            entry = _insert(connection, new, State.SUBMITTING, thumbnail=thumbnail)
        self._changed()
        return entry

    def adopt(self, *, host: str, account: str, task_id: str) -> Entry:
        """Return the entry of a task that may have been submitted elsewhere and is known by its id alone."""
        with self._transaction() as connection:
            known = _select(connection, "host = ? AND task_id = ?", host, task_id)
            entry = known or _insert(
                connection,
                NewEntry(fingerprint=None, host=host, account=account),
                State.RUNNING,
                task_id,
            )
        self._changed()
        return entry

    def release(self, entry: Entry) -> Entry:
        """The sender is done with a submission but heard no answer: whoever finds it next need not wait for anybody."""
        with self._transaction() as connection:
            connection.execute(
                f"UPDATE entries SET owner = '' WHERE {_THIS} AND state = 'submitting'",
                [entry.id, entry.created],
            )  # noqa: S608
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
        """Sent, but the answer was never heard.

        The caller tells the user; the same request may be bought anew after that.
        """
        return self._move(entry, State.UNCERTAIN)

    def recent(self, count: int, before: int | None = None) -> list[Entry]:
        """The newest entries first, at most `count`; `before` is the number (`Entry.id`) of the last one seen."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?",
                [2**62 if before is None else before, count],
            ).fetchall()
            return [_entry(row) for row in rows]

    def spent(self, since: float, until: float) -> dict[str, Decimal]:
        """What was submitted in that time (epoch seconds) is estimated to cost, by currency.

        Failed tasks are free; what may have been charged without an answer counts, and so does what
        is under way.
        """
        total: dict[str, Decimal] = defaultdict(Decimal)
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT cost FROM entries WHERE created >= ? AND created < ? AND state <> 'failed'",
                [since, until],
            )
            for cost in filter(None, (Cost.parse(row["cost"]) for row in rows)):
                total[cost.currency] += cost.amount
        return dict(total)

    def forget(self, entry: Entry) -> None:
        """Remove an entry that has ended: its request is bought anew at the next Run.

        One that is open at the host stays.
        """
        with self._transaction() as connection:
            connection.execute(
                f"DELETE FROM entries WHERE {_THIS} AND {_ENDED}", [entry.id, entry.created]
            )  # noqa: S608 - from this file
        self._changed()

    def prune(self, before: float) -> None:
        """Remove what ended before then (epoch seconds), and the pictures that nothing needs any more."""
        with self._transaction() as connection:
            connection.execute(f"DELETE FROM entries WHERE updated < ? AND {_ENDED}", [before])  # noqa: S608 - from this file
            needed = {
                row["thumbnail"]
                for row in connection.execute("SELECT DISTINCT thumbnail FROM entries")
            }
        self.thumbnails.keep_only(needed)

    def _move(self, entry: Entry, to: State, **columns: str) -> Entry:
        allowed = [state.value for state, targets in TRANSITIONS.items() if to in targets]
        assignments = ", ".join(f"{name} = ?" for name in ("state", "updated", *columns))
        marks = ", ".join("?" * len(allowed))
        with self._transaction() as connection:
            # A row that another node has already moved stays as it is: the second collector of a
            # task comes to the same end.
            connection.execute(
                f"UPDATE entries SET {assignments} WHERE {_THIS} AND state IN ({marks})",  # noqa: S608 - names of this file, no input
                [to.value, time.time(), *columns.values(), entry.id, entry.created, *allowed],
            )
            moved = _select(connection, _THIS, entry.id, entry.created) or entry
        self._changed()
        return moved


def _insert(
    connection: sqlite3.Connection,
    new: NewEntry,
    state: State,
    task_id: str | None = None,
    thumbnail: str = "",
) -> Entry:
    try:
        number = insert(
            connection, new.row(state, task_id, owner=this_process(), thumbnail=thumbnail)
        )
    except sqlite3.IntegrityError as error:
        raise AlreadyOpenError from error
    return _entry(connection.execute("SELECT * FROM entries WHERE id = ?", [number]).fetchone())


def _select(connection: sqlite3.Connection, where: str, *values: str | float) -> Entry | None:
    row = connection.execute(
        f"SELECT * FROM entries WHERE {where} ORDER BY id DESC", values
    ).fetchone()  # noqa: S608 - from this file
    return None if row is None else _entry(row)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        return Entry.of_row(dict(row))
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"entry {row['id']} is no entry: {error}") from error
