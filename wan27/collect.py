"""From a running task to its video on disk: the half of the path that is free."""

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
from .publish import delete_ended_uploads
from .session import Phase, Progress, Session

# No host says how long it keeps a video; upstream it is a day. A younger one that cannot be read
# may be behind a proxy that refuses.
_KEPT_SECONDS = 48 * 3600

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")  # reserved by Windows, with any suffix

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished task: its id at the host and its video on disk.

    `thumbnail` is a JPEG file of the image that the video begins with, b"" where unknown.
    """

    task_id: str
    clip: Clip
    thumbnail: bytes = field(default=b"", repr=False, compare=False)

    @property
    def path(self) -> Path:
        """The video file."""
        return self.clip.path


async def collect(task_id: str, session: Session) -> Result:
    """Return the video of a task of this account once it is done. It is free.

    Raises `StillRunning` when the session's time is over, and `TaskFailed`, `TaskUnknown` or
    `VideoGone` where there will be no video; any other error leaves the task to be collected later.
    An unusable journal does not keep a paid task from its video.
    """
    entry = await _find_entry(task_id, session)
    path = entry.path if entry and entry.path else video_path(session.folder, task_id)
    if await asyncio.to_thread(path.is_file):
        session.report(Progress(Phase.FOUND, time.time(), task_id=task_id))
        if entry and entry.state is State.RUNNING:
            # The process ended between the last byte and its record.
            await _record(task_id, entry, path, session)
        clip = await session.in_thread(lambda check: probe(path, check))
        return await _result(task_id, entry, clip, session)
    try:
        task = await poll(task_id, entry, session)
        clip = await _download(task_id, task, entry, session)
    except (TaskFailed, TaskUnknown, VideoGone) as error:
        await _give_up(entry, error, session)
        raise
    except Wan27Error as error:
        title = session.account.host.title
        error.about(
            task_id,
            f"(Task {task_id} at {title}; Run, or Task Poll with this id, collects it for free.)",
        )
        raise
    await _record(task_id, entry, clip.path, session)
    return await _result(task_id, entry, clip, session)


def video_path(folder: Path, task_id: str) -> Path:
    """Return `<folder>/<task_id>.mp4`.

    The id comes from outside: one that is not a safe file name on every system is replaced by its
    hash.
    """
    is_safe = _PLAIN.fullmatch(task_id) and not _DEVICES.fullmatch(task_id)
    digest = hashlib.sha256(task_id.encode("utf-8", "replace")).hexdigest()
    return folder / f"{task_id if is_safe else f'task-{digest[:32]}'}.mp4"


async def _find_entry(task_id: str, session: Session) -> Entry | None:
    host = session.account.host_id
    try:
        return await session.in_thread(lambda _: session.journal.find_task(host, task_id))
    except JournalFailed as error:
        logger.warning("Wan 2.7: task %s is collected without the journal. %s", task_id, error)
        return None


async def _result(task_id: str, entry: Entry | None, clip: Clip, session: Session) -> Result:
    name = entry.thumbnail if entry else ""
    return Result(task_id, clip, await asyncio.to_thread(session.journal.thumbnails.read, name))


async def _record(task_id: str, entry: Entry | None, path: Path, session: Session) -> None:
    account = session.account

    def record() -> None:
        known = entry or session.journal.adopt(
            host=account.host_id, account=account.key.account_id, task_id=task_id
        )
        session.journal.finished(known, path)

    try:
        await session.in_thread(lambda _: record())
        await delete_ended_uploads(session)
    except JournalFailed as error:
        logger.warning("Wan 2.7: %s is saved but could not be recorded. %s", path, error)


async def _give_up(
    entry: Entry | None, error: TaskFailed | TaskUnknown | VideoGone, session: Session
) -> None:
    """Close the entry of a task that gives no video, if it is a task of this account."""
    if entry is None or entry.account != session.account.key.account_id:
        return
    if not isinstance(error, TaskFailed) and entry.fingerprint is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.created))
        error.about(
            str(entry.task_id),
            f"The video of task {entry.task_id}, submitted on {when}, is no longer available."
            " Run again to buy it again.",
        )
    message = str(error)
    try:
        await session.in_thread(lambda _: session.journal.failed(entry, message))
        await delete_ended_uploads(session)
    except JournalFailed as failure:
        logger.warning(
            "Wan 2.7: the end of task %s could not be recorded. %s", entry.task_id, failure
        )


async def _download(task_id: str, task: Task, entry: Entry | None, session: Session) -> Clip:
    """Download the task's video; the file exists only once it is complete and opens as a video."""
    path, since = video_path(session.folder, task_id), time.time()
    verified: list[Clip] = []

    async def fresh_url() -> str:
        again = await session.client.task(task_id)
        if again.video_url is None:
            raise DownloadFailed("The host no longer gives a URL for the video.")
        return again.video_url

    async def verify(part: Path) -> None:
        try:
            clip = await session.in_thread(lambda _: probe(part))
            check_complete(clip)
        except InvalidVideo as error:
            problem = str(error).replace(part.name, path.name)
            raise DownloadFailed(f"The download is incomplete or not a video: {problem}") from error
        verified.append(replace(clip, path=path))

    def report(percent: float) -> None:
        session.report(Progress(Phase.DOWNLOADING, since, percent=percent, task_id=task_id))

    report(0.0)
    download = Download(session.client.http, str(task.video_url), fresh_url, verify, report)
    try:
        await session.ticking(download.to(path, session.sleep))
    except HostRefused as error:
        is_old = entry is not None and time.time() - entry.created > _KEPT_SECONDS
        if error.status in EXPIRED_STATUSES and is_old:
            raise VideoGone("Every URL that the host gives for this video is dead.") from None
        raise
    return verified[-1]
