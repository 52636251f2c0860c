"""What can be had of a journal that is damaged: the file kept aside, each row that can still be read, and the words for its user."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from .entry import Entry

# No row is smaller than this: a number of rows that the file cannot hold is itself damage.
_LEAST_BYTES = 16


def connect(path: Path) -> sqlite3.Connection:
    """A connection that begins no transaction by itself, waits for others, and reads a damaged letter as one, not as an error."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return connection


def is_damage(error: Exception) -> bool:
    """SQLite says "malformed" and "not a database" by the bare class; locked, full and read-only are classes below it.

    A table or column that is not there was in the part of the file that names them, and so was a
    name that is no text.
    """
    return type(error) in {sqlite3.DatabaseError, UnicodeDecodeError} or (
        isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such ")
    )


def keep_aside(path: Path, at: float) -> Path:
    """Copy a damaged file, as private as it is, under a name that tells when (`at`, epoch seconds) it was found; return where."""
    aside = path.with_name(
        f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.localtime(at))}{path.suffix}"
    )
    for suffix in (
        "",
        "-journal",
    ):  # a transaction that was under way is in the second, and rolled back on reading
        source, target = Path(f"{path}{suffix}"), Path(f"{aside}{suffix}")
        with suppress(FileNotFoundError):
            content = source.read_bytes()
            target.touch(mode=0o600)
            target.write_bytes(content)
    return aside


def readable_rows(path: Path) -> Iterator[dict[str, object]]:
    """Each row of a damaged file that can be read by its number, though its neighbours cannot, and that is an entry still."""
    with suppress(sqlite3.Error, UnicodeDecodeError), closing(connect(path)) as connection:
        last = connection.execute("SELECT max(id) FROM entries").fetchone()[0]
        for number in range(1, min(last or 0, path.stat().st_size // _LEAST_BYTES) + 1):
            with suppress(sqlite3.Error, ValueError, TypeError):
                for row in connection.execute(
                    "SELECT * FROM entries WHERE id = ?", [number]
                ).fetchall():
                    Entry.of_row(dict(row))
                    yield dict(row)


def told(aside: Path, at: float) -> str:
    """What the user must read once before anything is bought."""
    when = time.strftime("%H:%M on %Y-%m-%d", time.localtime(at))
    return (
        f"The record of paid tasks was found damaged at {when}. It is kept as {aside}, and what"
        " could be read of it is in a new one. A task that could not be read is unknown now and"
        " would be bought again: look into your account at the host first (Task Poll collects a"
        " task by its id), then Run again. Nothing was submitted."
    )
