"""A URL that the host can read for each medium of a job; ended_uploads.py deletes the uploads."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from .api.addresses import is_loopback
from .errors import (
    InvalidInput,
    JournalFailed,
    TaskUnknown,
    UnexpectedResponse,
    UploadFailed,
    Wan27Error,
)
from .job import Job
from .journal.entry import Entry, UploadRef
from .medium import ImageFile, Link, Medium, content_type_of
from .poll import ask
from .session import Session
from .upload.uploader import Upload

logger = logging.getLogger(__name__)


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
    path = await session.in_thread(medium.make)
    return await session.ticking(upload(role, path, content_type_of(path), medium.content_hash))


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
        return (await ask(str(entry.task_id), None, session)).video_url
    except (TaskUnknown, UnexpectedResponse):
        return None  # the host no longer has it: it is uploaded like any other clip


async def delete_uploads(uploads: tuple[UploadRef, ...], session: Session) -> None:
    """Delete uploads that no entry names. A failed deletion is logged and stops no video."""
    for name in (upload.name for upload in uploads):
        needed = await session.in_thread(lambda _, name=name: session.journal.is_needed(name))  # type: ignore[misc]
        try:
            await session.ticking(session.uploader.delete(name, needed=needed))
        except UploadFailed as error:
            logger.warning("Wan 2.7: %s", error)


def delete_in_background(uploads: tuple[UploadRef, ...], session: Session) -> None:
    """Delete the uploads of a canceled run, in a thread: its event loop ends with it."""

    def delete() -> None:
        for name in (upload.name for upload in uploads):
            try:
                asyncio.run(session.uploader.delete(name, needed=session.journal.is_needed(name)))
            except (UploadFailed, JournalFailed) as error:
                logger.warning("Wan 2.7: %s", error)

    if uploads:
        threading.Thread(target=delete, name="wan27-delete-uploads", daemon=True).start()


def upload_refs(uploads: Mapping[str, Upload], session: Session) -> tuple[UploadRef, ...]:
    """Return what the journal keeps of those uploads that are stored somewhere."""
    names = (upload.name for upload in uploads.values())
    return tuple(UploadRef(session.uploader.place, name) for name in names if name is not None)
