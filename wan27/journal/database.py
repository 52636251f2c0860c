"""The file that the journal lives in: one SQLite database, opened for each transaction, and set aside where it is damaged.

The rollback journal, not WAL: it is as safe, works on network drives, and has no moment at which a
second process is refused instead of made to wait (switching a new file to WAL is one). PERSIST, so
that recording an answer takes no more disk than recording the submission took: a disk that fills up
in between cannot lose the task id.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ..errors import JournalFailed
from ..files import atomic_replace
from .recovery import connect, is_damage, keep_aside, readable_rows, told

logger = logging.getLogger(__name__)

_ENTRIES = """CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT,            -- NULL where only the task id is known (Task Poll)
    host TEXT NOT NULL,
    account TEXT NOT NULL,       -- tells keys apart, gives none away (key.py)
    state TEXT NOT NULL,
    task_id TEXT,
    mode TEXT NOT NULL,
    parameters TEXT NOT NULL,    -- JSON: the request without its media
    cost TEXT NOT NULL,          -- the estimate ("3.00 CNY"), "" where unknown
    uploads TEXT NOT NULL,       -- JSON: names of what was uploaded for it; no addresses, those are signed
    owner TEXT NOT NULL,         -- who began it (owner.py)
    created REAL NOT NULL,       -- seconds since the epoch
    updated REAL NOT NULL,
    path TEXT NOT NULL,          -- the video, "" until finished
    error TEXT NOT NULL,
    thumbnail TEXT NOT NULL  -- name of the small copy of what the video begins with (thumbnails.py)
)"""
_ONE_OPEN = (
    "CREATE UNIQUE INDEX one_open_entry ON entries (fingerprint) WHERE state IN ('submitting',"
    " 'running', 'finished')"
)
_OF_TASK = "CREATE INDEX entries_of_task ON entries (host, task_id)"
# A record that was found damaged: whoever pressed Run before that must be told before anything is
# bought.
_DAMAGE = "CREATE TABLE damage (at REAL NOT NULL, aside TEXT NOT NULL)"

_VERSION = 1  # SQLite's user_version; 0 is an empty file
_SCHEMA = (_ENTRIES, _ONE_OPEN, _OF_TASK, _DAMAGE)


class JournalFile:
    """The file at `path`.

    Raises `JournalFailed` where it cannot be used, or was damaged and had to be set aside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction of its own: committed and on disk when the block ends, rolled back where it raises."""
        try:
            _create_private(self.path)
            with _changing(self.path) as connection:
                self._create(connection)
                yield connection
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise JournalFailed(self._why(error)) from error

    def _why(self, error: Exception) -> str:
        """What to tell of an error; a damaged file is set aside on the way."""
        try:
            if is_damage(error):
                return told(*self._set_aside())
        except (sqlite3.Error, OSError, UnicodeDecodeError) as another:
            error = another
        return (
            f"The record of paid tasks at {self.path} cannot be used ({error}). Nothing is"
            " submitted without it: a paid video could be lost. Make the folder writable and free"
            " some disk space."
        )

    def check(self) -> None:
        """Read the whole file: damage in a part that no query touches could hide a paid task."""
        with self.transaction() as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    def refuse_after_damage(self, connection: sqlite3.Connection, asked: float) -> None:
        """Raise `JournalFailed` where a damaged record was set aside since `asked` (epoch seconds), when the user pressed Run."""
        row = connection.execute(
            "SELECT aside, at FROM damage WHERE at >= ? ORDER BY at DESC", [asked]
        ).fetchone()
        if row is not None:
            raise JournalFailed(told(Path(row["aside"]), row["at"]))

    def _create(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == _VERSION:
            return
        if version != 0:
            raise JournalFailed(
                f"The record of paid tasks at {self.path} was made by a newer version of this pack."
                " Update the pack. Nothing is submitted until then: a running task could be bought"
                " twice."
            )
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _set_aside(self) -> tuple[Path, float]:
        """Put a new file with all that can be read in the place of the damaged one.

        Return where that is kept, and when it was found.

        One process does it and the others find it done: an exclusive lock on a second file, which a
        crash releases.
        """
        with closing(connect(self.path.with_suffix(".lock"))) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            if done := _set_aside_before(self.path):
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
            "Wan 2.7: the record of paid tasks was damaged. It is kept as %s; %d entries could be"
            " read from it.",
            aside,
            kept,
        )
        return aside, now

    def _fill(self, fresh: Path, aside: Path, now: float) -> int:
        """Make a new file out of what can be read of the damaged one; return how many rows that is."""
        _create_private(fresh)
        kept = 0
        with _changing(fresh) as connection:
            self._create(connection)
            connection.execute("INSERT INTO damage VALUES (?, ?)", [now, str(aside)])
            for row in readable_rows(aside):
                with suppress(sqlite3.Error):  # a second open row of one request
                    insert(connection, row)
                    kept += 1
        return kept


def insert(connection: sqlite3.Connection, row: dict[str, object]) -> int:
    """Add a row of `entries` and return its number.

    Raises `sqlite3.IntegrityError` where the request has an open one.
    """
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    cursor = connection.execute(
        f"INSERT INTO entries ({columns}) VALUES ({marks})", tuple(row.values())
    )  # noqa: S608 - our own names
    return int(cursor.lastrowid or 0)


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = PERSIST")
        connection.execute(
            "PRAGMA synchronous = EXTRA"
        )  # a commit survives a power cut, not only a crash
        connection.execute(
            "BEGIN IMMEDIATE"
        )  # what is read inside is still true when it is written
        with connection:
            yield connection


def _create_private(path: Path) -> None:
    """Only the user may read what they asked for."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _set_aside_before(path: Path) -> tuple[Path, float] | None:
    """Where and when the damaged file went, if another process has just put a whole one in its place."""
    try:
        with _changing(path) as connection:
            whole = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            row = connection.execute("SELECT aside, at FROM damage ORDER BY at DESC").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    return (Path(row["aside"]), row["at"]) if whole and row is not None else None
