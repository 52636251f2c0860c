"""A URL that the host can read for each medium of a job, and the deletion of the uploads.

An upload stays in the journal until it is deleted, wherever it was stored: after a failure, a kill
or a change of WAN27_UPLOAD, a later Run deletes it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from .api.addresses import is_loopback
from .errors import (
    InvalidInput,
    InvalidSetting,
    JournalFailed,
    NoRoom,
    TaskUnknown,
    UnexpectedResponse,
    UploadFailed,
    Wan27Error,
)
from .job import Job
from .journal.entry import Entry, UploadRef
from .medium import DeferredMedia, ImageFile, Link, Medium, content_type_of
from .poll import ask
from .session import Phase, Progress, Session
from .upload.choose import open_bucket
from .upload.ref_counts import ref_counts_at
from .upload.serving_folder import SERVED
from .upload.uploader import Upload, Uploader

# Signed URLs live at least this long: a task without a response may read from them until then.
_URL_SECONDS = 24 * 3600
# An earlier bucket may be out of reach for good: no Run waits for it again so soon.
_PAUSE_SECONDS = 3600.0

logger = logging.getLogger(__name__)

_failed_at: dict[str, float] = {}  # earlier places, and the monotonic time of the last failure


async def publish(job: Job, session: Session) -> dict[str, Upload]:
    """Return an upload for each medium of the job, by role.

    Where one fails, the uploads of the others are deleted again.
    """
    uploads: dict[str, Upload] = {}
    try:
        for role, medium in job.media.items():
            uploads[role] = await _publish(role, medium, session)
            _refuse_unreachable(role, uploads[role].url, session)
    except Wan27Error:
        await delete_uploads(upload_refs(uploads, session), session)
        raise
    except BaseException:
        delete_in_background(upload_refs(uploads, session), session)
        raise
    if notices := tuple(dict.fromkeys(each.notice for each in uploads.values() if each.notice)):
        session.report(Progress(Phase.UPLOADING, time.time(), notices=notices))
    return uploads


async def _publish(role: str, medium: Medium, session: Session) -> Upload:
    upload = session.uploader.upload
    if isinstance(medium, Link):
        return Upload(medium.url)
    if isinstance(medium, ImageFile):
        return await session.ticking(
            upload(role, medium.data, medium.content_type, medium.content_hash)
        )
    if medium.original is not None and (url := await _result_url(medium.original, session)):
        return Upload(url)
    session.uploader.check_file(role)
    path = await session.in_thread(lambda check: _make(role, medium, check))
    return await session.ticking(upload(role, path, content_type_of(path), medium.content_hash))


def _make(role: str, medium: DeferredMedia, check: Callable[[], None]) -> Path:
    """Return the medium as a file. Raises `NoRoom` where it cannot be written."""
    try:
        return medium.make(check)
    except OSError as error:  # of Python or of FFmpeg
        raise NoRoom(
            f"{role} could not be made as a file ({error.strerror or error}). Free some space in"
            " ComfyUI's temp folder and make it writable, or choose another with --temp-directory."
            " Nothing was sent."
        ) from error


def _refuse_unreachable(role: str, url: str, session: Session) -> None:
    if is_loopback(url) and not session.account.host.is_local:
        raise InvalidInput(
            f"{role}_url",
            "points to this machine, which the host cannot reach. Give a public URL.",
        )


async def _result_url(path: Path, session: Session) -> str | None:
    """Return the host's own URL of an unchanged result of this host, so it needs no upload.

    None for any other file.
    """

    def unchanged_result() -> Entry | None:
        stored = session.stored_path(path)
        entry = session.journal.find_result(stored) if stored else None
        return None if entry is None or path.stat().st_mtime > entry.updated else entry

    entry = await session.in_thread(lambda _: unchanged_result())
    if entry is None or entry.host != session.account.host_id:
        return None
    try:
        # Its status is not that of this run.
        silent = replace(session, report=lambda _: None)
        return (await ask(str(entry.task_id), None, silent)).video_url
    except (TaskUnknown, UnexpectedResponse):
        return None  # the host no longer has it: it is uploaded like any other clip


async def delete_uploads(uploads: tuple[UploadRef, ...], session: Session) -> None:
    """Delete uploads that no entry names: see `_delete`."""
    await session.in_thread(lambda _: _delete(uploads, session))


def delete_in_background(uploads: tuple[UploadRef, ...], session: Session) -> None:
    """Delete the uploads of a canceled run, in a thread: its event loop ends with it."""
    if uploads:
        work = threading.Thread(
            target=_delete, args=(uploads, session), name="wan27-delete-uploads", daemon=True
        )
        work.start()


def _delete(uploads: tuple[UploadRef, ...], session: Session) -> None:
    """Delete uploads. Blocking. What fails is logged, and hides no error of the run."""
    for name in (upload.name for upload in uploads):
        try:
            if session.uploader.release(name, needed=_is_needed(name, session)):
                asyncio.run(session.uploader.remove(name))
        except (UploadFailed, OSError) as error:  # where no event loop can be made
            logger.warning("Wan 2.7: %s", error)


def _is_needed(name: str, session: Session) -> bool:
    try:
        return session.journal.is_needed(name)
    except JournalFailed as error:
        logger.warning("Wan 2.7: %s", error)
        return True


def upload_refs(uploads: Mapping[str, Upload], session: Session) -> tuple[UploadRef, ...]:
    """Return what the journal keeps of those uploads that are stored somewhere."""
    names = (upload.name for upload in uploads.values())
    return tuple(UploadRef(session.uploader.place, name) for name in names if name is not None)


async def delete_ended_uploads(session: Session) -> None:
    """Delete the uploads of tasks that have ended, those of killed processes too.

    What fails is logged: it stops no video and hides no error.
    """
    try:
        await _delete_ended(session)
    except JournalFailed as error:
        logger.warning("Wan 2.7: uploads of ended tasks are deleted by a later Run. %s", error)


async def _delete_ended(session: Session) -> None:
    places = _Places(session.uploader)
    before = time.time() - _URL_SECONDS
    # In one thread: a cancel comes before or after both, the journal's change and the counts'.
    uploads = await session.in_thread(lambda _: session.journal.end_uploads(before, places.is_last))
    deleted: list[UploadRef] = []
    for upload in uploads:
        uploader = places.uploader(upload.place)
        if uploader is None:
            continue
        try:
            await session.ticking(uploader.remove(upload.name))
            deleted.append(upload)
        except UploadFailed as error:
            places.failed(upload.place, error)
    if deleted:
        # Not after a cancel: then a later Run finds that they are gone.
        await session.in_thread(lambda _: session.journal.forget_uploads(deleted))


class _Places:
    """The uploaders of the places of recorded uploads, for one cleanup."""

    def __init__(self, current: Uploader) -> None:
        """`current` is the uploader of the Run."""
        self._current = current
        self._open: dict[str, Uploader | None] = {current.place: current}

    def uploader(self, place: str) -> Uploader | None:
        """Return the uploader of a place, or None where it cannot be used for now."""
        if place not in self._open:
            self._open[place] = None
            failed_at = _failed_at.get(place)
            if failed_at is None or time.monotonic() - failed_at > _PAUSE_SECONDS:
                try:
                    self._open[place] = open_bucket(place)
                except InvalidSetting as error:
                    self.failed(place, error)
        return self._open[place]

    def is_last(self, upload: UploadRef, needed: bool) -> bool:
        """Count one task less; return whether the upload must stay recorded until it is deleted."""
        if upload.place == SERVED != self._current.place:
            # No name is needed to delete it: the served folder is swept at the start of each Run.
            ref_counts_at(SERVED).release(upload.name)
            return False
        uploader = self.uploader(upload.place)
        return uploader is None or uploader.release(upload.name, needed=needed)

    def failed(self, place: str, error: Exception) -> None:
        """Try nothing more at a place in this cleanup. An earlier place is logged once."""
        self._open[place] = None
        if place == self._current.place:
            logger.warning("Wan 2.7: %s", error)
            return
        if place not in _failed_at:
            logger.warning(
                "Wan 2.7: uploads of ended tasks remain at %s, an earlier WAN27_UPLOAD: %s A later"
                " Run tries again, or delete them yourself.",
                place,
                error,
            )
        _failed_at[place] = time.monotonic()
