"""Changes of entries inside one transaction: states, claims and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..errors import DecisionRefused, JournalFailed
from .database import Table
from .entry import Entry, NewEntry, UploadRef, uploads_column
from .kept_files import KeptFiles
from .states import OPEN, TRANSITIONS, State


class AlreadyOpenError(Exception):
    """Another run began the same request first: the caller joins it, so no user sees this."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A finished video: where it is below the output folder, its size in bytes and its SHA-256."""

    path: PurePosixPath
    size: int
    sha256: str


def first(entries: list[Entry]) -> Entry | None:
    """Return the first of some entries, or None."""
    return entries[0] if entries else None


def current_entry(table: Table, entry: Entry) -> Entry:
    """Return an entry as it is now; raise `JournalFailed` where it was deleted."""
    current = first(table.select(id=entry.id))
    if current is None:
        raise JournalFailed(f"The journal no longer has entry {entry.id}. Look at your account.")
    return current


def move(table: Table, current: Entry, target: State, **columns: object) -> Entry:
    """Change the state; a change to the same state is the second of two runs that saw the same."""
    if target is not current.state and target not in TRANSITIONS[current.state]:
        raise JournalFailed(
            f"The entry of task {current.task_id} is {current.state.value} and cannot become"
            f" {target.value}."
        )
    return table.update(current, state=target.value, **columns)


def open_entry(table: Table, fingerprint: str) -> Entry | None:
    """Return the entry that keeps a request from being sent; a sibling takes over a free claim."""
    holder = table.holder(fingerprint)
    if holder is not None and holder.state in OPEN:
        return holder
    sibling = first(table.select(fingerprint=fingerprint, states=OPEN))
    if sibling is not None:
        table.claim(sibling)
    return sibling


def claim_if_free(table: Table, entry: Entry) -> None:
    """Give the claim of its request to an entry, unless an open one has it."""
    if entry.fingerprint is None:
        return
    holder = table.holder(entry.fingerprint)
    if holder is None or holder.state not in OPEN:
        table.claim(entry)


def give_task(table: Table, entry: Entry, task_id: str, **columns: object) -> Entry:
    """Give a task id to an entry; an entry that knows the id alone is merged into it."""
    other = first(table.select(host=entry.host, task_id=task_id))
    if other is not None and other.id != entry.id:
        if other.fingerprint is not None:
            raise DecisionRefused(
                f"Task {task_id} belongs to another request. Check the id in your account."
            )
        table.delete(other)
        file = {"path": str(other.path or ""), "size": other.size, "sha256": other.sha256}
        columns |= {"state": other.state.value, **file}
    return table.update(entry, task_id=task_id, **columns)


def release_task(table: Table, entry: Entry) -> Entry:
    """Take the task from an entry; it stays in the journal under its id alone, with its video."""
    orphan = NewEntry(fingerprint=None, host=entry.host).row(entry.state, entry.task_id)
    file = {"path": str(entry.path or ""), "size": entry.size, "sha256": entry.sha256}
    without = {"task_id": None, "attached": 0, "path": "", "size": 0, "sha256": ""}
    released = table.update(entry, **without)
    table.insert(orphan | file)
    return released


def drop_unsent(table: Table, entry: Entry | None) -> tuple[UploadRef, ...]:
    """Delete an entry that nothing was sent for, unless it was decided or settled meanwhile.

    Return its uploads, () if it stays.
    """
    current = entry and current_entry(table, entry)
    if current is None or current.state is not State.SUBMITTING:
        return ()
    table.delete(current)
    return current.uploads


def replace_refused(table: Table, uploads: tuple[UploadRef, ...], row: dict[str, Any]) -> Entry:
    """Add a row in place of those of its request that were refused and never became a task.

    It takes over their uploads that could not be deleted yet, one reference each.
    """
    for earlier in table.select(fingerprint=row["fingerprint"], states=[State.FAILED]):
        if earlier.was_refused:
            uploads += earlier.uploads
            table.delete(earlier)
    return table.insert(row | {"uploads": uploads_column(uploads)})


def forget_details(table: Table, entries: Sequence[Entry], *folders: KeptFiles) -> None:
    """Delete the details of entries, and the files in `folders` that no entry names any more.

    What may have been bought or uploaded stays known.
    """
    for entry in entries:
        if entry.was_refused and not entry.uploads:
            table.delete(entry)
        else:
            nothing = dict.fromkeys(("error", *(files.column for files in folders)), "")
            table.update(entry, forgotten=1, parameters="{}", **nothing)
    for files in folders if entries else ():
        files.keep_only(table.names(files.column))


def refuse_after_damage(table: Table) -> None:
    """Raise `JournalFailed` for a damage that no person has acknowledged."""
    message = table.damage()
    if message is not None:
        raise JournalFailed(message)


def columns_of(file: VideoFile) -> dict[str, object]:
    """Return the columns that describe a video file."""
    return {"path": str(file.path), "size": file.size, "sha256": file.sha256}
