"""Recovery from a damaged journal: the file kept aside, its readable rows, and the message."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from .entry import Entry

# No row is smaller: a number of rows that the file cannot contain is itself damage.
_MIN_ROW_BYTES = 16


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that waits for others and begins no transaction by itself.

    Damaged text is read with replacement characters instead of an error.
    """
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return connection


def is_damage(error: Exception) -> bool:
    """Return True for an error that means a damaged file.

    SQLite reports "malformed" and "not a database" by the base class; locked, full and read-only
    are subclasses. A missing table or column was in the damaged part of the schema, and so was a
    name that is not text.
    """
    return type(error) in {sqlite3.DatabaseError, UnicodeDecodeError} or (
        isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such ")
    )


def keep_aside(path: Path, at: float) -> Path:
    """Copy a damaged file, as private as it is, and return the copy.

    The name says when the damage was found (`at`, epoch seconds).
    """
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(at))
    aside = path.with_name(f"{path.stem}.damaged-{when}{path.suffix}")
    # The second file has an unfinished transaction, which is rolled back on reading.
    for suffix in ("", "-journal"):
        source, target = Path(f"{path}{suffix}"), Path(f"{aside}{suffix}")
        with suppress(FileNotFoundError):
            content = source.read_bytes()
            target.touch(mode=0o600)
            target.write_bytes(content)
    return aside


def readable_rows(path: Path) -> Iterator[dict[str, object]]:
    """Yield each row of a damaged file that can be read by its id and is still a valid entry."""
    select = "SELECT * FROM entries WHERE id = ?"
    with suppress(sqlite3.Error, UnicodeDecodeError), closing(connect(path)) as connection:
        last = connection.execute("SELECT max(id) FROM entries").fetchone()[0]
        for number in range(1, min(last or 0, path.stat().st_size // _MIN_ROW_BYTES) + 1):
            with suppress(sqlite3.Error, KeyError, ValueError, TypeError):
                for row in connection.execute(select, [number]).fetchall():
                    Entry.of_row(dict(row))
                    yield dict(row)


def damage_message(aside: Path, at: float) -> str:
    """Return what the user must read once before anything is bought."""
    when = time.strftime("%H:%M on %Y-%m-%d", time.localtime(at))
    return (
        f"The journal of paid tasks was found damaged at {when}; it is kept as {aside}, and its"
        " readable entries are in a new one. A task that could not be read would be bought again,"
        " so check your account at the host first: Task Poll collects a task by its id. Nothing is"
        " submitted until you choose I have read this in the Wan27 tasks of the sidebar."
    )
