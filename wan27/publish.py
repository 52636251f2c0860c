"""Making the media of a job reachable for the host, before anything is submitted, and removing again what was uploaded for it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
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
from .journal.entry import Entry
from .medium import ImageFile, Link, Medium, content_type_of
from .poll import ask
from .session import Session

# The least time that signed addresses live: a task of which nobody heard may read from them until
# then.
_UNHEARD_SECONDS = 24 * 3600

logger = logging.getLogger(__name__)


async def publish(job: Job, session: Session) -> dict[str, str]:
    """An address that the host can fetch for each medium of the job; where one cannot be had, none is left behind."""
    urls: dict[str, str] = {}
    try:
        for role, medium in job.media.items():
            urls[role] = await _address(role, medium, session)
            _refuse_unreachable(role, urls[role], session)
    except Wan27Error:
        await forget(uploaded(urls, session), session)
        raise
    except BaseException:
        _forget_later(uploaded(urls, session), session)
        raise
    return urls


async def _address(role: str, medium: Medium, session: Session) -> str:
    if isinstance(medium, Link):
        return medium.url
    if isinstance(medium, ImageFile):
        return await session.ticking(
            session.uploader.upload(role, medium.data, medium.content_type, medium.content_hash)
        )
    if medium.original is not None and (url := await _result_url(medium.original, session)):
        return url
    session.uploader.refuse_file(role)
    path = await session.in_thread(medium.make)
    return await session.ticking(
        session.uploader.upload(role, path, content_type_of(path), medium.content_hash)
    )


def _refuse_unreachable(role: str, url: str, session: Session) -> None:
    if is_loopback(url) and not session.account.host.is_local:
        raise InvalidInput(
            f"{role}_url",
            "points at this very machine, which the host cannot reach. Give a public address.",
        )


async def _result_url(path: Path, session: Session) -> str | None:
    """The host's own address of a file that is an untouched result of this account: chaining clips needs no upload.

    Else None.
    """

    def untouched() -> Entry | None:
        entry = session.journal.find_result(path)
        return None if entry is None or path.stat().st_mtime > entry.updated else entry

    entry = await session.in_thread(lambda _: untouched())
    if entry is None or (entry.host, entry.account) != (
        session.account.host_id,
        session.account.key.account,
    ):
        return None
    try:
        return (await ask(str(entry.task_id), None, session)).video_url
    except (TaskUnknown, UnexpectedResponse):
        return None  # the host has forgotten it: it is uploaded like any other clip


async def forget_ended(session: Session) -> None:
    """Remove what was uploaded for tasks that have ended: now, or in a process that was killed before it could."""
    await forget(
        await session.in_thread(
            lambda _: session.journal.take_uploads(time.time() - _UNHEARD_SECONDS)
        ),
        session,
    )


async def forget(uploads: tuple[str, ...], session: Session) -> None:
    """Remove what was uploaded, where no task needs it.

    What cannot be removed must not stand in the way of a video.
    """
    for name in uploads:
        needed = await session.in_thread(lambda _, name=name: session.journal.is_needed(name))  # type: ignore[misc]
        try:
            await session.ticking(session.uploader.forget(name, needed=needed))
        except UploadFailed as error:
            logger.warning("Wan 2.7: %s", error)


def _forget_later(uploads: tuple[str, ...], session: Session) -> None:
    """The run was cancelled while it uploaded: nobody waits for the removal of what is there already, and no loop of its own is left to do it."""

    def remove() -> None:
        for name in uploads:
            try:
                asyncio.run(session.uploader.forget(name, needed=session.journal.is_needed(name)))
            except (UploadFailed, JournalFailed) as error:
                logger.warning("Wan 2.7: %s", error)

    if uploads:
        threading.Thread(target=remove, name="wan27-forget", daemon=True).start()


def uploaded(urls: dict[str, str], session: Session) -> tuple[str, ...]:
    """The names under which `forget` knows what stands behind these addresses; what was not uploaded has none."""
    return tuple(name for name in map(session.uploader.name_of, urls.values()) if name is not None)
