"""What entries record of their uploads, changed inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection

from .database import Table
from .entry import Entry, UploadRef, uploads_column
from .states import MAY_READ_UPLOADS, READS_UPLOADS, State


def is_needed(table: Table, name: str) -> bool:
    """Return True where a task may still read the upload of this name: see `end`."""
    reading = table.select(states=READS_UPLOADS + MAY_READ_UPLOADS, has_uploads=True)
    return any(name == known.name for entry in reading for known in entry.uploads)


def end(
    table: Table, before: float, is_last: Callable[[UploadRef, bool], bool]
) -> tuple[UploadRef, ...]:
    """Return the uploads that the caller must delete, each once; forget those it need not.

    `is_last(upload, needed)` counts one task less, for each upload of each ended task; `needed` is
    whether another one needs it. True: it must be deleted, and stays recorded until `forget`. Tasks
    that may still exist although no one waits for them (uncertain, lost, abandoned) need their
    uploads until the URLs have expired: they ended if they became so before `before`.
    """
    expired = table.select(states=MAY_READ_UPLOADS, updated_before=before, has_uploads=True)
    ended = table.select(states=[State.FINISHED, State.FAILED], has_uploads=True) + expired
    reading = table.select(states=READS_UPLOADS + MAY_READ_UPLOADS, has_uploads=True)
    ids = {entry.id for entry in expired}
    needed = {known for entry in reading if entry.id not in ids for known in entry.uploads}
    left: list[UploadRef] = []
    for entry in ended:
        kept = [known for known in entry.uploads if is_last(known, known in needed)]
        _keep(table, entry, kept)
        # Counts that a failed commit left too low delete nothing that a task needs.
        left += [known for known in kept if known not in needed]
    return tuple(dict.fromkeys(left))


def forget(table: Table, deleted: Collection[UploadRef]) -> None:
    """Record that uploads are no longer where they were stored."""
    for entry in table.select(has_uploads=True):
        _keep(table, entry, [known for known in entry.uploads if known not in deleted])


def _keep(table: Table, entry: Entry, kept: list[UploadRef]) -> None:
    """Change what is recorded of the uploads; `updated` stays, as it is the age of the state."""
    if len(kept) < len(entry.uploads):
        table.update(entry, uploads=uploads_column(kept), updated=entry.updated)
