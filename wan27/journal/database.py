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

from ..errors import JournalFailed
from ..files import atomic_replace
from .recovery import connect, damage_message, is_damage, keep_aside, readable_rows
from .states import OPEN, State

logger = logging.getLogger(__name__)


def in_states(states: Iterable[State]) -> str:
    """Return the SQL condition that an entry is in one of `states`."""
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


_ENTRIES = """CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT,            -- NULL where only the task id is known (Task Poll)
    host TEXT NOT NULL,
    account TEXT NOT NULL,       -- tells keys apart without containing them (api/key.py)
    state TEXT NOT NULL,
    task_id TEXT,
    mode TEXT NOT NULL,
    parameters TEXT NOT NULL,    -- JSON: the request without its media
    cost TEXT NOT NULL,          -- the estimate ("3.00 CNY"), "" where unknown
    uploads TEXT NOT NULL,       -- JSON: names of its uploads; no URLs, those are signed
    owner TEXT NOT NULL,         -- the process that began it (owner.py)
    created REAL NOT NULL,       -- epoch seconds
    updated REAL NOT NULL,
    path TEXT NOT NULL,          -- the video, "" until finished
    error TEXT NOT NULL,
    thumbnail TEXT NOT NULL      -- file name of its thumbnail (thumbnails.py), "" for none
)"""
_ONE_OPEN = f"CREATE UNIQUE INDEX one_open_entry ON entries (fingerprint) WHERE {in_states(OPEN)}"
_OF_TASK = "CREATE INDEX entries_of_task ON entries (host, task_id)"
# Each damage that was found: a user who pressed Run before it must see it before anything is
# bought.
_DAMAGE = "CREATE TABLE damage (at REAL NOT NULL, aside TEXT NOT NULL)"

_VERSION = 1  # SQLite's user_version; 0 is an empty file
_SCHEMA = (_ENTRIES, _ONE_OPEN, _OF_TASK, _DAMAGE)


class Database:
    """The file at `path`. Raises `JournalFailed` where it is unusable, or damaged and set aside."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside one transaction.

        It is committed and on disk when the block ends, and rolled back where the block raises.
        """
        try:
            _create_private(self.path)
            with _changing(self.path) as connection:
                self._create_tables(connection)
                yield connection
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise JournalFailed(self._reason(error)) from error

    def check(self) -> None:
        """Read the whole file: damage in a part that no query reads could hide a paid task."""
        with self.transaction() as connection:
            result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if result != "ok":
                raise sqlite3.DatabaseError(result)

    def refuse_after_damage(self, connection: sqlite3.Connection, asked: float) -> None:
        """Raise `JournalFailed` where a damaged file was set aside since `asked` (epoch seconds).

        `asked` is when the user pressed Run.
        """
        select = "SELECT aside, at FROM damage WHERE at >= ? ORDER BY at DESC"
        row = connection.execute(select, [asked]).fetchone()
        if row is not None:
            raise JournalFailed(damage_message(Path(row["aside"]), row["at"]))

    def _reason(self, error: Exception) -> str:
        """Return the message for an error; a damaged file is set aside first."""
        try:
            if is_damage(error):
                return damage_message(*self._set_aside())
        except (sqlite3.Error, OSError, UnicodeDecodeError) as another:
            error = another
        return (
            f"The journal of paid tasks at {self.path} cannot be used ({error}). Make the folder"
            " writable and free some disk space. Nothing is submitted without the journal,"
            " because a paid video could be lost."
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
            connection.execute("INSERT INTO damage VALUES (?, ?)", [now, str(aside)])
            for row in readable_rows(aside):
                with suppress(sqlite3.Error):  # a second open row of one request
                    insert(connection, row)
                    kept += 1
        return kept


def insert(connection: sqlite3.Connection, row: dict[str, object]) -> int:
    """Add a row to `entries` and return its id.

    Raises `sqlite3.IntegrityError` where the request has an open row.
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
