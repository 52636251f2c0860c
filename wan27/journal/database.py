"""The journal's SQLite file: opened for each transaction, and set aside where it is damaged.

It uses the rollback journal, not WAL: that is as safe, works on network drives, and has no moment
at which a second process is refused instead of made to wait (switching a new file to WAL has).
PERSIST, so that recording a response takes no more disk than recording the submission took: a disk
that fills up in between cannot lose the task id.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import JournalFailed
from ..files import atomic_replace
from .drive import drive_problem
from .entry import Entry
from .recovery import connect, damage_message, is_damage, keep_aside, readable_rows
from .states import State

logger = logging.getLogger(__name__)

_ENTRIES = """CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given out twice
    created REAL NOT NULL,       -- epoch seconds
    updated REAL NOT NULL,
    fingerprint TEXT,            -- NULL where only the task id is known (Task Poll)
    host TEXT NOT NULL,
    task_id TEXT,
    state TEXT NOT NULL,
    mode TEXT NOT NULL,
    parameters TEXT NOT NULL,    -- JSON: the request without its media
    seconds INTEGER NOT NULL,    -- of video that was ordered
    cost TEXT NOT NULL,          -- the estimate ("3.00 CNY"), "" where unknown
    uploads TEXT NOT NULL,       -- JSON: [place, name] of each upload; no signed URLs
    path TEXT NOT NULL,          -- the video below the output folder, "" until finished
    size INTEGER NOT NULL,       -- of the video, in bytes
    sha256 TEXT NOT NULL,        -- of the video
    error TEXT NOT NULL,
    thumbnail TEXT NOT NULL,     -- file name of its thumbnail (thumbnails.py), "" for none
    attached INTEGER NOT NULL,   -- a person named its task
    forgotten INTEGER NOT NULL   -- its details were deleted
)"""
# Which entry stands for a request. Several entries may belong to one: a late response is recorded
# although another submission was made after it was given up.
_CLAIMS = "CREATE TABLE claims (fingerprint TEXT PRIMARY KEY, entry INTEGER NOT NULL)"
_INDEXES = (
    "CREATE UNIQUE INDEX one_entry_a_task ON entries (host, task_id)",
    "CREATE INDEX entries_of_request ON entries (fingerprint)",
    "CREATE INDEX entries_by_state ON entries (state, updated)",
    "CREATE INDEX entries_by_time ON entries (created)",
)
# Each damage that was found. Nothing is bought until a person has acknowledged it.
_DAMAGE = (
    "CREATE TABLE damage (at REAL NOT NULL, aside TEXT NOT NULL, acknowledged INTEGER NOT NULL)"
)

# After a recovery: the newest entry of each request has the claim; OPEN ones win.
_CLAIMS_AGAIN = """INSERT OR REPLACE INTO claims SELECT fingerprint, id FROM entries
    WHERE fingerprint IS NOT NULL ORDER BY state IN ('failed', 'abandoned') DESC, id"""

_VERSION = 1  # SQLite's user_version; 0 is an empty file
_SCHEMA = (_ENTRIES, _CLAIMS, *_INDEXES, _DAMAGE)


class Table:
    """The entries, inside one transaction. All SQL of the journal is here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select(
        self,
        *,
        states: Iterable[State] = tuple(State),
        before_id: int | None = None,
        created_since: float | None = None,
        updated_before: float | None = None,
        has_uploads: bool = False,
        limit: int = -1,
        **equal: object,
    ) -> list[Entry]:
        """Return the entries that match all that is given, the newest first."""
        conditions = {f"{name} = ?": value for name, value in equal.items()}
        if before_id is not None:
            conditions["id < ?"] = before_id
        if created_since is not None:
            conditions["created >= ?"] = created_since
        if updated_before is not None:
            conditions["updated < ?"] = updated_before
        if has_uploads:
            conditions["uploads <> ?"] = "[]"
        where = " AND ".join((_in_states(states), *conditions))
        query = f"SELECT * FROM entries WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
        rows = self._connection.execute(query, [*conditions.values(), limit]).fetchall()
        return [_entry(row) for row in rows]

    def insert(self, row: dict[str, Any]) -> Entry:
        """Add a row and return its entry."""
        return self.select(id=insert(self._connection, row))[0]

    def update(self, entry: Entry, **columns: object) -> Entry:
        """Change columns of an entry and return it."""
        columns.setdefault("updated", time.time())
        assignments = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE entries SET {assignments} WHERE id = ?"  # noqa: S608
        self._connection.execute(statement, [*columns.values(), entry.id])
        return self.select(id=entry.id)[0]

    def delete(self, entry: Entry) -> None:
        """Delete an entry and its claim."""
        self._connection.execute("DELETE FROM entries WHERE id = ?", [entry.id])
        self._connection.execute("DELETE FROM claims WHERE entry = ?", [entry.id])

    def holder(self, fingerprint: str) -> Entry | None:
        """Return the entry that has the claim of a request, or None."""
        select = "SELECT entry FROM claims WHERE fingerprint = ?"
        row = self._connection.execute(select, [fingerprint]).fetchone()
        return next(iter(self.select(id=row["entry"])), None) if row else None

    def claim(self, entry: Entry) -> None:
        """Give the claim of its request to an entry."""
        values = [entry.fingerprint, entry.id]
        self._connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", values)

    def thumbnails(self) -> set[str]:
        """Return the thumbnails that entries name."""
        rows = self._connection.execute("SELECT DISTINCT thumbnail FROM entries").fetchall()
        return {row["thumbnail"] for row in rows}

    def damage(self) -> str | None:
        """Return the message of a damage that no person has acknowledged, or None."""
        select = "SELECT aside, at FROM damage WHERE NOT acknowledged ORDER BY at DESC"
        row = self._connection.execute(select).fetchone()
        return damage_message(Path(row["aside"]), row["at"]) if row else None

    def acknowledge_damage(self) -> None:
        """Record that a person has read of every damage."""
        self._connection.execute("UPDATE damage SET acknowledged = 1")


class Database:
    """The file at `path`. Raises `JournalFailed` where it is unusable, or damaged and set aside."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[Table]:
        """Yield the table inside one transaction; what is read in it stays true until its end.

        It is committed and on disk when the block ends, and rolled back where the block raises.
        """
        try:
            _create_private(self.path)
            with _changing(self.path) as connection:
                self._create_tables(connection)
                yield Table(connection)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise self._failed(error) from error

    def check(self) -> None:
        """Read the whole file: damage in a part that no query reads could hide a paid task."""
        try:
            _create_private(self.path)
            with _changing(self.path) as connection:
                self._create_tables(connection)
                result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
                if result != "ok":
                    raise sqlite3.DatabaseError(result)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> JournalFailed:
        """Return our error for one of the file; a damaged file is set aside first."""
        damaged = ""
        try:
            if is_damage(error):
                damaged = f"The journal of paid tasks is damaged ({error}). "
                return JournalFailed(damage_message(*self._set_aside()))
        except (sqlite3.Error, OSError, UnicodeDecodeError) as another:
            error = another
        return JournalFailed(
            "Then Run again. Nothing is submitted without the journal, because a paid video could"
            " be lost.",
            damaged + drive_problem(error, self.path),
        )

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == _VERSION:
            return
        if version != 0:
            raise JournalFailed(
                f"The journal of paid tasks at {self.path} was made by a newer version of this"
                " pack. Update the pack. Nothing is submitted until then, because a running task"
                " could be bought twice."
            )
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _set_aside(self) -> tuple[Path, float]:
        """Replace the damaged file by a new one with all rows that can be read.

        Return where the damaged one is kept, and when the damage was found. One process does it and
        the others find it done: an exclusive lock on a second file, which a crash releases.
        """
        with closing(connect(self.path.with_suffix(".lock"))) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            if done := _replaced_before(self.path):
                return done
            now = time.time()
            aside, fresh = keep_aside(self.path, now), self.path.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            kept = self._fill(fresh, aside, now)
            # The old file's rollback journal would be applied to the new one.
            Path(f"{self.path}-journal").unlink(missing_ok=True)
            atomic_replace(fresh, self.path)
            Path(f"{fresh}-journal").unlink(missing_ok=True)
        logger.warning(
            "Wan 2.7: the journal of paid tasks was damaged. It is kept as %s; %d entries were"
            " recovered from it.",
            aside,
            kept,
        )
        return aside, now

    def _fill(self, fresh: Path, aside: Path, now: float) -> int:
        """Make a new file of the rows that can be read; return how many there are."""
        _create_private(fresh)
        kept = 0
        with _changing(fresh) as connection:
            self._create_tables(connection)
            connection.execute("INSERT INTO damage VALUES (?, ?, 0)", [now, str(aside)])
            for row in readable_rows(aside):
                with suppress(sqlite3.Error):  # a second row of one task
                    insert(connection, row)
                    kept += 1
            connection.execute(_CLAIMS_AGAIN)
        return kept


def insert(connection: sqlite3.Connection, row: dict[str, object]) -> int:
    """Add a row to `entries` and return its id.

    Raises `sqlite3.IntegrityError` where its task has another row.
    """
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    statement = f"INSERT INTO entries ({columns}) VALUES ({marks})"  # noqa: S608 - our own names
    return int(connection.execute(statement, tuple(row.values())).lastrowid or 0)


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = PERSIST")
        # A commit survives a power cut, not only a crash.
        connection.execute("PRAGMA synchronous = EXTRA")
        # What is read inside is still true when it is written.
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield connection


def _create_private(path: Path) -> None:
    """Make the file readable by its owner alone: it contains prompts."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _replaced_before(path: Path) -> tuple[Path, float] | None:
    """Return where and when the damaged file went, if another process has just replaced it."""
    try:
        with _changing(path) as connection:
            is_sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            row = connection.execute("SELECT aside, at FROM damage ORDER BY at DESC").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    return (Path(row["aside"]), row["at"]) if is_sound and row is not None else None


def _in_states(states: Iterable[State]) -> str:
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


def _entry(row: sqlite3.Row) -> Entry:
    try:
        return Entry.of_row(dict(row))
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"row {row['id']} is not a valid entry: {error}") from error
