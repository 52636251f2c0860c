"""The tables of the journal, and how older ones become like today's."""

from __future__ import annotations

import sqlite3

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
    thumbnail TEXT NOT NULL,     -- file name of its thumbnail (kept_files.py), "" for none
    attached INTEGER NOT NULL,   -- a person named its task
    forgotten INTEGER NOT NULL   -- its details were deleted
)"""
# The file name of its workflow (kept_files.py). Version 3 adds it, also to a new file.
_WORKFLOW = "ALTER TABLE entries ADD COLUMN workflow TEXT NOT NULL DEFAULT ''"
_NAMED_WORKFLOWS = "CREATE INDEX entries_with_workflow ON entries (workflow) WHERE workflow <> ''"
# Which entry has the claim of a request. Several may belong to one: a late response is recorded
# although another submission was made after it was given up.
_CLAIMS = "CREATE TABLE claims (fingerprint TEXT PRIMARY KEY, entry INTEGER NOT NULL)"
# Each damage that was found. Nothing is bought until a person has acknowledged it.
_DAMAGE = (
    "CREATE TABLE damage (at REAL NOT NULL, aside TEXT NOT NULL, acknowledged INTEGER NOT NULL)"
)
# One for each way in which entries are looked for: a test reads the plan of each query.
_INDEXES = (
    "CREATE UNIQUE INDEX one_entry_of_task ON entries (task_id, host)",
    "CREATE INDEX IF NOT EXISTS entries_of_request ON entries (fingerprint)",
    "CREATE INDEX entries_by_age ON entries (state, forgotten, updated)",
    "CREATE INDEX IF NOT EXISTS entries_by_time ON entries (created)",
    "CREATE INDEX entries_by_path ON entries (path)",
    "CREATE INDEX entries_listed ON entries (id) WHERE forgotten = 0",
    "CREATE INDEX entries_with_uploads ON entries (state) WHERE uploads <> '[]'",
    "CREATE INDEX entries_with_thumbnail ON entries (thumbnail) WHERE thumbnail <> ''",
    _NAMED_WORKFLOWS,
)

_VERSION = 3  # SQLite's user_version
# What leads from each older version to today's; 0 is an empty file.
_STEPS = {
    0: (_ENTRIES, _WORKFLOW, _CLAIMS, _DAMAGE, *_INDEXES),
    1: ("DROP INDEX one_entry_a_task", "DROP INDEX entries_by_state", _WORKFLOW, *_INDEXES),
    2: (_WORKFLOW, _NAMED_WORKFLOWS),
    _VERSION: (),
}


def upgrade(connection: sqlite3.Connection) -> bool:
    """Create what is missing; return False for the file of a newer version, left unchanged."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in _STEPS:
        return False
    if version != _VERSION:
        for statement in _STEPS[version]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    return True
