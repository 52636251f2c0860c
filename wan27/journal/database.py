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
from ..files import atomic_replace, wait_for_files
from .drive import drive_problem
from .entry import Entry
from .recovery import connect, damage_message, is_damage, keep_aside, readable_rows
from .schema import upgrade
from .states import State

logger = logging.getLogger(__name__)

_FILES = 4  # that SQLite opens for a change: itself, its journal, their folder
# Files that this process has read whole, with their stamps. Damage that changes no stamp would have
# to be in both indexes by which `open_entry` looks for a request.
_known: dict[Path, tuple[int, ...]] = {}
# After a recovery: the newest entry of each request has the claim; OPEN ones win.
_CLAIMS_AGAIN = """INSERT OR REPLACE INTO claims SELECT fingerprint, id FROM entries
    WHERE fingerprint IS NOT NULL ORDER BY state IN ('failed', 'abandoned') DESC, id"""


class Table:
    """The entries, inside one transaction. All other SQL of the journal is in listing.py."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select(
        self,
        *,
        states: Iterable[State] | None = None,
        updated_before: float | None = None,
        has_uploads: bool = False,
        is_listed: bool = False,
        **equal: object,
    ) -> list[Entry]:
        """Return the entries that match all that is given, the newest first.

        `is_listed`: those whose details were not deleted.
        """
        conditions = {f"{name} = ?": value for name, value in equal.items()}
        if updated_before is not None:
            conditions["updated < ?"] = updated_before
        # In the words of the partial indexes: a value to be bound would not match them.
        words = {"uploads <> '[]'": has_uploads, "forgotten = 0": is_listed}
        where = [word for word, is_asked in words.items() if is_asked]
        where += conditions if states is None else [in_states(states), *conditions]
        # With a plus: a walk back through the ids would read every row.
        ending = "ORDER BY +id DESC"
        query = f"SELECT * FROM entries WHERE {' AND '.join(where) or 1} {ending}"  # noqa: S608
        return [entry_of(row) for row in self.read(query, *conditions.values())]

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of a SELECT."""
        return self._connection.execute(query, values).fetchall()

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
        entry = next(iter(self.select(id=row["entry"])), None) if row else None
        if entry is not None and entry.fingerprint != fingerprint:
            raise sqlite3.DatabaseError(f"entry {entry.id} has the claim of another request")
        return entry

    def claim(self, entry: Entry) -> None:
        """Give the claim of its request to an entry."""
        values = [entry.fingerprint, entry.id]
        self._connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", values)

    def names(self, column: str) -> set[str]:
        """Return the files that entries name in that column."""
        select = f"SELECT DISTINCT {column} FROM entries WHERE {column} <> ''"  # noqa: S608
        return {row[column] for row in self.read(select)}

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
        """Read the whole file: damage in a part that no query reads could hide a paid task.

        Once a process, and again where another program has changed the file since.
        """
        try:
            _create_private(self.path)
            with _changing(self.path) as connection:
                self._create_tables(connection)
                if _is_known(self.path):
                    return
                result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
                if result != "ok":
                    raise sqlite3.DatabaseError(result)
                _known[self.path] = _stamp(self.path)
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
        if not upgrade(connection):
            raise JournalFailed(
                f"The journal of paid tasks at {self.path} was made by a newer version of this"
                " pack. Update the pack. Nothing is submitted until then, because a running task"
                " could be bought twice."
            )

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
    wait_for_files(_FILES)  # what is recorded may be the id of a paid task
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = PERSIST")
        # A commit survives a power cut, not only a crash.
        connection.execute("PRAGMA synchronous = EXTRA")
        # What is read inside is still true when it is written.
        connection.execute("BEGIN IMMEDIATE")
        # Not before: two connections that keep a shared lock would wait for each other. With it
        # the lock lasts until `close`, so the file is looked at before another one changes it.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        was_known = _is_known(path)
        with connection:
            yield connection
        if was_known:
            _known[path] = _stamp(path)


def _is_known(path: Path) -> bool:
    return path in _known and _known[path] == _stamp(path)


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what no other writer leaves unchanged. The file is not opened: see POSIX locks."""
    now = path.stat()
    return now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


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


def in_states(states: Iterable[State]) -> str:
    """Return the condition for entries in one of some states."""
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


def entry_of(row: sqlite3.Row) -> Entry:
    """Return the entry of a row of `entries`."""
    try:
        return Entry.of_row(dict(row))
    except (KeyError, ValueError, TypeError) as error:  # a name in the schema may be damaged too
        raise sqlite3.DatabaseError(f"a row is not a valid entry: {error!r}") from error
