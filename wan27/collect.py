"""From a task that runs at the host to its video on this disk: the half of the path that costs nothing, however often it is called."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from .api.download import EXPIRED_STATUSES, Download
from .api.protocols.async_v3 import Task
from .errors import (
    DownloadFailed,
    HostRefused,
    InvalidVideo,
    JournalFailed,
    TaskFailed,
    TaskUnknown,
    VideoGone,
    Wan27Error,
)
from .journal.entry import Entry
from .journal.states import State
from .media.read.clip import Clip, check_complete, probe
from .poll import poll
from .publish import forget_ended
from .session import Progress, Session

# No host says how long it keeps a video; upstream it is a day. A younger one that cannot be read
# may be behind a proxy that refuses.
_KEPT_SECONDS = 48 * 3600

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")  # reserved by Windows, with any suffix

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished task: its id at the host, and its video on disk.

    `thumbnail` is a small JPEG copy of the image that the video was asked to begin with (b"": not
    known).
    """

    task_id: str
    clip: Clip
    thumbnail: bytes = field(default=b"", repr=False, compare=False)

    @property
    def path(self) -> Path:
        """The video file."""
        return self.clip.path


async def collect(task_id: str, session: Session) -> Result:
    """Return the video of a task of this account once it is done.

    It costs nothing, however often it is called.

    Raises `StillRunning` when the session's time is over, `TaskFailed`, `TaskUnknown` or
    `VideoGone` where no video will come; any other error leaves the task as it is, to be collected
    later. A journal that cannot be used does not stand between a paid task and its video.
    """
    entry = await _known(task_id, session)
    known = (
        entry.path
        if entry is not None and entry.path is not None
        else video_path(session.folder, task_id)
    )
    if await asyncio.to_thread(known.is_file):
        session.report(Progress("found", time.time(), task_id=task_id))
        if entry is not None and entry.state is State.RUNNING:
            await _finish(
                task_id, entry, known, session
            )  # the process ended between the last byte and the last record
        clip = await session.in_thread(lambda check: probe(known, check))
        return await _result(task_id, entry, clip, session)
    try:
        task = await poll(task_id, entry, session)
        clip = await _download(task_id, task, entry, session)
    except (TaskFailed, TaskUnknown, VideoGone) as error:
        await _give_up(entry, error, session)
        raise
    except Wan27Error as error:
        error.args = (
            (
                f"{error} (Task {task_id} at {session.account.host.title}; Run, or Task Poll with"
                " this id, collects it at no cost.)"
            ),
        )
        raise
    await _finish(task_id, entry, clip.path, session)
    return await _result(task_id, entry, clip, session)


async def _result(task_id: str, entry: Entry | None, clip: Clip, session: Session) -> Result:
    name = "" if entry is None else entry.thumbnail
    return Result(task_id, clip, await asyncio.to_thread(session.journal.thumbnails.read, name))


async def _known(task_id: str, session: Session) -> Entry | None:
    try:
        return await session.in_thread(
            lambda _: session.journal.find_task(session.account.host_id, task_id)
        )
    except JournalFailed as error:
        logger.warning("Wan 2.7: task %s is collected all the same. %s", task_id, error)
        return None


async def _finish(task_id: str, entry: Entry | None, path: Path, session: Session) -> None:
    try:
        known = await session.in_thread(lambda _: entry or _adopt(task_id, session))
        await session.in_thread(lambda _: session.journal.finished(known, path))
        await forget_ended(session)
    except JournalFailed as error:
        logger.warning("Wan 2.7: %s is there, and could not be recorded. %s", path, error)


async def _give_up(
    entry: Entry | None, error: TaskFailed | TaskUnknown | VideoGone, session: Session
) -> None:
    """Close the entry of a task that will give no video; another account's tasks are not ours to judge."""
    if entry is None or entry.account != session.account.key.account:
        return
    if not isinstance(error, TaskFailed) and entry.fingerprint is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.created))
        error.args = (
            (
                f"{error} Task {entry.task_id}, submitted on {when}, is given up: its video can no"
                " longer be had. Run again to buy it anew."
            ),
        )
    said = str(error)
    try:
        await session.in_thread(lambda _: session.journal.failed(entry, said))
        await forget_ended(session)
    except JournalFailed as trouble:
        logger.warning(
            "Wan 2.7: the end of task %s could not be recorded. %s", entry.task_id, trouble
        )


async def _download(task_id: str, task: Task, entry: Entry | None, session: Session) -> Clip:
    """Download the task's video; the file exists only once it is complete and opens as a video."""
    path, since = video_path(session.folder, task_id), time.time()
    verified: list[Clip] = []

    async def fresh_url() -> str:
        again = await session.client.task(task_id)
        if again.video_url is None:
            raise DownloadFailed("The host no longer gives an address for the video.")
        return again.video_url

    async def verify(part: Path) -> None:
        try:
            clip = await session.in_thread(lambda _: probe(part))
            check_complete(clip)
        except InvalidVideo as error:
            raise DownloadFailed(
                f"What the host sent is no whole video: {str(error).replace(part.name, path.name)}"
            ) from error
        verified.append(replace(clip, path=path))

    def report(percent: float) -> None:
        session.report(Progress("downloading", since, percent=percent, task_id=task_id))

    report(0.0)
    try:
        await session.ticking(
            Download(session.client.http, str(task.video_url), fresh_url, verify, report).to(
                path, session.sleep
            )
        )
    except HostRefused as error:
        if (
            error.status in EXPIRED_STATUSES
            and entry is not None
            and time.time() - entry.created > _KEPT_SECONDS
        ):
            raise VideoGone(
                "Every address that the host gives for the video of this task is dead."
            ) from None
        raise
    return verified[-1]


def video_path(folder: Path, task_id: str) -> Path:
    """Return `<folder>/<task_id>.mp4`.

    The id comes from outside: one that is not a safe file name on every system is replaced by its
    hash.
    """
    safe = _PLAIN.fullmatch(task_id) and not _DEVICES.fullmatch(task_id)
    digest = hashlib.sha256(task_id.encode("utf-8", "replace")).hexdigest()
    return folder / f"{task_id if safe else f'task-{digest[:32]}'}.mp4"


def _adopt(task_id: str, session: Session) -> Entry:
    return session.journal.adopt(
        host=session.account.host_id, account=session.account.key.account, task_id=task_id
    )
