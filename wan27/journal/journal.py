"""The calls of the journal: each submission is recorded before it is sent.

An entry that may have been paid for has the claim of its request, and the request is not sent
again. A state changes only as the table in states.py allows; a change that it refuses is an error.
No key, no media and no signed URL is stored. Wall clocks decide nothing here but the day of a
limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath

from ..errors import DecisionRefused
from ..money import FREE, DayLimits, Spent
from . import changes, listing, uploads
from .changes import AlreadyOpenError, VideoFile
from .database import Database
from .durations import Durations
from .entry import Entry, NewEntry, UploadRef
from .kept_files import KeptFiles
from .owner import Sender, sending
from .states import ABANDONABLE, ATTACHABLE, FORGETTABLE, State


class Journal:
    """The journal in one database.

    Each call opens, commits and closes, so it may be used from any thread and process. Raises
    `JournalFailed` where the database cannot be used, or was damaged and had to be set aside.
    """

    def __init__(self, path: Path, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called once a change of an entry is on disk, in the thread that made it."""
        self._database = Database(path)
        self._changed = changed
        self.locks = path.parent / "submissions"
        self.thumbnails = KeptFiles(path.parent, "thumbnail", ".jpg", 256 * 1024)
        self.workflows = KeptFiles(path.parent, "workflow", ".json.gz", 4 * 1024 * 1024)
        self.durations = Durations(path.parent / "durations.json")

    def check(self) -> None:
        """Read the whole file: damage in a part that no query reads could hide a paid task."""
        self._database.check()

    def damage(self) -> str | None:
        """Return the message of a damage that no person has acknowledged, or None."""
        with self._database.transaction() as table:
            return table.damage()

    def acknowledge_damage(self) -> None:
        """Record that a person has read of the damage, after which requests are sent again."""
        with self._database.transaction() as table:
            table.acknowledge_damage()
        self._changed()

    def find(self, fingerprint: str) -> Entry | None:
        """Return the open entry of a request, or None where it may be submitted."""
        with self._database.transaction() as table:
            entry = changes.open_entry(table, fingerprint)
            if entry is None:
                changes.refuse_after_damage(table)
            return entry

    def find_task(self, host: str, task_id: str) -> Entry | None:
        """Return the entry of a task, or None."""
        with self._database.transaction() as table:
            return changes.first(table.select(host=host, task_id=task_id))

    def find_result(self, path: PurePosixPath) -> Entry | None:
        """Return the entry whose finished video is the file at `path`, or None."""
        with self._database.transaction() as table:
            return changes.first(table.select(states=[State.FINISHED], path=str(path)))

    def videos_in(self, folder: PurePosixPath) -> set[str]:
        """Return the paths of the finished videos in a folder, and in those below it."""
        with self._database.transaction() as table:
            return listing.videos_in(table, str(folder))

    def find_entry(self, number: int, created: float) -> Entry | None:
        """Return the entry with that id that was created then, or None."""
        with self._database.transaction() as table:
            return changes.first(table.select(id=number, created=created))

    def is_submitting(self, entry: Entry) -> bool:
        """Return False once it is settled, decided, or replaced by the next attempt."""
        current = self.find_entry(entry.id, entry.created)
        return bool(current and current.state is State.SUBMITTING)

    def recent(
        self, count: int, before: int | None = None, query: listing.Query | None = None
    ) -> list[Entry]:
        """Return at most `count` entries that match, the newest first, with ids below `before`."""
        with self._database.transaction() as table:
            return listing.recent(table, count, before, query or listing.ALL)

    def in_state(self, state: State) -> list[Entry]:
        """Return all entries in a state, the newest first."""
        with self._database.transaction() as table:
            return table.select(states=[state])

    def spent(self, since: float) -> Spent:
        """Return the estimate of what was submitted since then (epoch seconds)."""
        with self._database.transaction() as table:
            return listing.spent_since(table, since)

    def spent_by_day(self, since: float, until: float) -> dict[str, Spent]:
        """Return the same of each local day ("2026-11-30") with a submission, up to `until`."""
        with self._database.transaction() as table:
            return listing.spent_by_day(table, since, until)

    def begin(
        self, new: NewEntry, limits: DayLimits | None = None, earlier: Entry | None = None
    ) -> Entry:
        """Record a submission that is about to be sent; it is on disk on return.

        `earlier` is its entry of a turn that the host refused for now, which is replaced. Raises
        `AlreadyOpenError` where the request has an open entry, `CostRefused` where a limit of the
        day would be passed. Both are checked in the same transaction.
        """
        limits = limits or DayLimits()
        with self._database.transaction() as table:
            changes.refuse_after_damage(table)
            uploads = changes.drop_unsent(table, earlier) or new.uploads
            if changes.open_entry(table, str(new.fingerprint)) is not None:
                raise AlreadyOpenError
            row = new.row(State.SUBMITTING)
            limits.refuse(listing.spent_since(table, limits.since), new.cost, row["seconds"])
            row["thumbnail"] = self.thumbnails.keep(new.thumbnail)
            row["workflow"] = self.workflows.keep(new.workflow)
            entry = changes.replace_refused(table, uploads, row)
            table.claim(entry)
        self._changed()
        return entry

    def adopt(self, *, host: str, task_id: str) -> Entry:
        """Return the entry of a task that is known by its id alone; make it if there is none."""
        new = NewEntry(fingerprint=None, host=host)
        with self._database.transaction() as table:
            entry = changes.first(table.select(host=host, task_id=task_id))
            entry = entry or table.insert(new.row(State.RUNNING, task_id))
        self._changed()
        return entry

    def restore(self, new: NewEntry, task_id: str, file: VideoFile) -> Entry | None:
        """Return the entry of a video that was found beside its sidecar; make it if there is none.

        It counts for no limit of the day. None where the journal knows the task as another one's: a
        person took it back from this request, and the sidecar is older than that.
        """
        with self._database.transaction() as table:
            entry = changes.first(table.select(host=new.host, task_id=task_id))
            if entry is None:
                row = new.row(State.FINISHED, task_id) | changes.columns_of(file) | {"created": 0.0}
                entry = table.insert(row)
            if entry.fingerprint != new.fingerprint:
                return None
            changes.claim_if_free(table, entry)
        self._changed()
        return entry

    def submitted(self, entry: Entry, task_id: str) -> Entry:
        """Record the host's task id, however late it comes."""
        with self._database.transaction() as table:
            known = changes.give_task(table, changes.current_entry(table, entry), task_id)
            if known.state is not State.FINISHED:
                known = changes.move(table, known, State.RUNNING)
            changes.claim_if_free(table, known)
        self._changed()
        return known

    def finished(self, entry: Entry, file: VideoFile) -> Entry:
        """Record that the complete video is on disk."""
        with self._database.transaction() as table:
            current, columns = changes.current_entry(table, entry), changes.columns_of(file)
            moved = changes.move(table, current, State.FINISHED, error="", **columns)
            changes.claim_if_free(table, moved)
        self._changed()
        return moved

    def failed(self, entry: Entry, error: str, *, is_free: bool = False) -> Entry:
        """Record that there is no video: its task failed.

        `is_free`: the host documents that it does not charge for this, so no limit counts it.
        """
        if is_free:
            return self._change(entry, State.FAILED, error, cost=FREE.stored)
        return self._change(entry, State.FAILED, error)

    def uncertain(self, entry: Entry, error: str) -> Entry:
        """Record that no response came, and a person must decide; one that did come stays so."""
        return self._change(entry, State.UNCERTAIN, error, sending=True)

    def unsent(self, entry: Entry, error: str) -> Entry:
        """Record that no task came of a submission; what was decided meanwhile stays so."""
        return self._change(entry, State.FAILED, error, sending=True)

    def settle(self, entry: Entry, *, is_over: bool = False) -> None:
        """Make a submission uncertain whose sender is gone.

        `is_over`: whatever the lock says, the caller has waited longer than any submission takes.
        """
        with sending(self.locks, str(entry.fingerprint)) as sender:
            if (sender is Sender.GONE or is_over) and self.is_submitting(entry):
                self.uncertain(entry, "The program that sent it ended before the response.")

    def lost(self, entry: Entry, error: str) -> Entry:
        """Record that the host no longer gives a task that was paid for: a person must decide."""
        return self._change(entry, State.LOST, error)

    def attach(
        self, entry: Entry, task_id: str, *, states: tuple[State, ...] = ATTACHABLE
    ) -> Entry:
        """Record which task an entry in one of `states` is. Raises `DecisionRefused`.

        A task that the entry had before stays in the journal under its id alone.
        """
        with self._database.transaction() as table:
            current = changes.current_entry(table, entry)
            if current.state not in states:
                raise DecisionRefused(
                    f"This request is {current.state.value}: no task id can be given to it."
                )
            if current.task_id not in (None, task_id):
                current = changes.release_task(table, current)
            known = changes.give_task(table, current, task_id, attached=1, error="")
            if known.state is not State.FINISHED:
                known = changes.move(table, known, State.RUNNING)
            changes.claim_if_free(table, known)
        self._changed()
        return known

    def detach(self, entry: Entry, error: str = "") -> Entry:
        """Take back an id that a person gave; its task stays, under its id alone."""
        with self._database.transaction() as table:
            current = changes.current_entry(table, entry)
            if not current.attached or current.task_id is None:
                raise DecisionRefused("No task id was given to this request by hand.")
            released = changes.release_task(table, current)
            moved = changes.move(table, released, State.UNCERTAIN, error=error)
        self._changed()
        return moved

    def abandon(self, entry: Entry) -> Entry:
        """Give up a request, as a person decided: it may be sent again. Raises as `attach`."""
        with self._database.transaction() as table:
            current = changes.current_entry(table, entry)
            if current.state not in ABANDONABLE:
                raise DecisionRefused(
                    f"This request is {current.state.value}: it cannot be given up."
                )
            moved = changes.move(table, current, State.ABANDONED)
        self._changed()
        return moved

    def forget(self, entry: Entry) -> None:
        """Delete the details of an entry that has ended. Raises `DecisionRefused` for others."""
        with self._database.transaction() as table:
            current = changes.current_entry(table, entry)
            if current.state not in FORGETTABLE:
                raise DecisionRefused(
                    f"This task is {current.state.value}: its entry keeps it from being bought"
                    " twice."
                )
            changes.forget_details(table, [current], self.thumbnails, self.workflows)
        self._changed()

    def prune(self, before: float) -> None:
        """Delete the details of what ended before then (epoch seconds)."""
        with self._database.transaction() as table:
            ended = table.select(states=FORGETTABLE, updated_before=before, is_listed=True)
            changes.forget_details(table, ended, self.thumbnails, self.workflows)

    def is_needed(self, upload: str) -> bool:
        """Return True where a task may still read the upload of this name: see `end_uploads`."""
        with self._database.transaction() as table:
            return uploads.is_needed(table, upload)

    def end_uploads(
        self, before: float, is_last: Callable[[UploadRef, bool], bool]
    ) -> tuple[UploadRef, ...]:
        """Return the uploads that the caller must delete: see `uploads.end`."""
        with self._database.transaction() as table:
            return uploads.end(table, before, is_last)

    def forget_uploads(self, deleted: Collection[UploadRef]) -> None:
        """Record that uploads are no longer where they were stored."""
        with self._database.transaction() as table:
            uploads.forget(table, deleted)

    def _change(
        self, entry: Entry, target: State, error: str, *, sending: bool = False, **columns: object
    ) -> Entry:
        """Move an entry; `sending`: only one that is still being submitted."""
        with self._database.transaction() as table:
            current = changes.current_entry(table, entry)
            if not sending or current.state is State.SUBMITTING:
                current = changes.move(table, current, target, error=error, **columns)
        self._changed()
        return current
