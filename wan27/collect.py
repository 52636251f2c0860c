"""From a running task to its video on disk: the half of the path that is free."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .api.download import EXPIRED_STATUSES, Download
from .api.protocols.port import Task
from .errors import (
    DecisionRefused,
    DownloadFailed,
    HostFailed,
    InvalidVideo,
    JournalFailed,
    NoVideo,
    SubmissionUncertain,
    TaskFailed,
    TaskUnknown,
    VideoGone,
    Wan27Error,
)
from .files import atomic_replace, video_path
from .journal import sidecar
from .journal.changes import VideoFile
from .journal.decisions import lost_error, only_match, take_back, uncertain_error, why_no_video
from .journal.entry import Entry
from .journal.states import GIVEN_UP, TRANSITIONS, State
from .media.read.arrived import Arrival
from .media.read.clip import Clip, as_it_is, check_complete
from .media.read.fit import Order, begins_with, difference
from .media.read.probe import probe
from .poll import ask, ask_again, poll
from .publish import delete_ended_uploads
from .session import Phase, Progress, Session

# No host says how long it keeps a video; upstream it is a day. A younger one that cannot be read
# may be behind a proxy that refuses.
_KEPT_SECONDS = 48 * 3600

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


async def collect(task_id: str, session: Session, *, believe_unknown: bool = True) -> Result:
    """Return the video of a task once it is done. It is free.

    Raises `StillRunning` when the session's time is over, `TaskFailed` where the task failed at the
    host, `TaskLost` where it was paid for and the host no longer gives it; any other error leaves
    the task to be collected later. An unusable journal keeps no paid task from its video.
    `believe_unknown` False: a task that the host does not know may be that of another key.
    """
    entry = await _find_entry(task_id, session)
    clip = await session.in_thread(lambda _: _find_video(task_id, entry, session))
    if clip is not None:
        session.report(Progress(Phase.FOUND, time.time(), task_id=task_id))
        if entry and not sidecar.is_recorded(entry, clip.path):
            entry = await _record(task_id, entry, clip, session)
        return await _result(task_id, entry, clip, session)
    try:
        if entry is not None and entry.state in GIVEN_UP:
            await ask_again(entry, session)
        task = await poll(task_id, entry, session)
        clip = await _download(task_id, task, entry, session)
    except (TaskFailed, TaskUnknown, VideoGone, NoVideo) as error:
        if entry is None or (isinstance(error, TaskUnknown) and not believe_unknown):
            raise
        raise await _end_without_video(entry, error, session) from error
    except Wan27Error as error:
        title = session.account.host.title
        error.about(
            task_id,
            f"(Task {task_id} at {title}; Run, or Task Poll with this id, collects it for free.)",
        )
        raise
    entry = await _record(task_id, entry, clip, session)
    return await _result(task_id, entry, clip, session)


def find_request(requests: Mapping[str, str], session: Session) -> Entry | None:
    """Return the entry of one of these, host ids by fingerprint: of the journal or by a sidecar."""
    if entry := next(filter(None, map(session.journal.find, requests)), None):
        return entry
    found = _find_sidecar(requests, session)
    if found is None:
        return None
    path = PurePosixPath(session.folder.name, found.video.name)
    file = VideoFile(path, found.size, found.sha256)
    return session.journal.restore(found.request, found.task_id, file)


async def find_lost(entry: Entry, session: Session) -> bool:
    """Look for the video of a lost task on disk and at the host, which is free."""
    if await session.in_thread(lambda _: _find_video(str(entry.task_id), entry, session)):
        return True
    return await ask_again(entry, session)


async def _find_entry(task_id: str, session: Session) -> Entry | None:
    host = session.account.host_id
    try:
        return await session.in_thread(lambda _: session.journal.find_task(host, task_id))
    except JournalFailed as error:
        logger.warning("Wan 2.7: task %s is collected without the journal. %s", task_id, error)
        return None


def _find_video(task_id: str, entry: Entry | None, session: Session) -> Clip | None:
    """Return the video on disk if it is whole; a broken file is set aside and downloaded again."""
    recorded = [session.output / entry.path] if entry and entry.path else []
    for path in dict.fromkeys([*recorded, video_path(session.folder, task_id)]):
        if not path.is_file():
            continue
        try:
            clip = probe(path)
            check_complete(clip)
        except InvalidVideo as error:
            if entry and entry.sha256 and sidecar.sha256_of(path) == entry.sha256:
                return as_it_is(probe(path))  # these are the bytes of the host
            aside = path.with_name(f"{path.stem}.broken-{secrets.token_hex(2)}{path.suffix}")
            with contextlib.suppress(OSError):
                atomic_replace(path, aside)
            logger.warning("Wan 2.7: %s It is kept as %s.", error, aside)
            continue
        return clip
    return _find_renamed(task_id, entry, session)


def _find_renamed(task_id: str, entry: Entry | None, session: Session) -> Clip | None:
    """Return the video that a sidecar in the folder names as this task's, whatever it is called."""
    if entry is None or entry.fingerprint is None:
        return None
    found = _find_sidecar({entry.fingerprint: entry.host}, session)
    return probe(found.video) if found and found.task_id == task_id else None


def _find_sidecar(requests: Mapping[str, str], session: Session) -> sidecar.Found | None:
    """Return the video of one of these by its sidecar; those in the journal are not read."""
    inside = PurePosixPath(session.folder.name)
    known = session.journal.videos_in(inside)
    return sidecar.find(session.folder, requests, lambda name: f"{inside}/{name}" in known)


async def _result(task_id: str, entry: Entry | None, clip: Clip, session: Session) -> Result:
    read, name = session.journal.thumbnails.read, entry.thumbnail if entry else ""
    return Result(task_id, clip, await session.in_thread(lambda _: read(name)))


async def _record(task_id: str, entry: Entry | None, clip: Clip, session: Session) -> Entry | None:
    """Record the video; return the entry that has it now.

    Raises `SubmissionUncertain` where a person gave the task to a request that it does not fit.
    """
    wrong: list[SubmissionUncertain] = []
    path, journal, account = clip.path, session.journal, session.account

    def record() -> Entry:
        stored = session.stored_path(path) or PurePosixPath(path.name)
        file = VideoFile(stored, path.stat().st_size, sidecar.sha256_of(path))
        known = journal.find_task(account.host_id, task_id)  # as it was decided meanwhile
        if known and known.attached and (differs := difference(clip, _order(known, session))):
            wrong.append(take_back(known, journal, account.host, differs))
            known = None
        known = journal.finished(known or _adopt(task_id, clip, file, session), file)
        sidecar.write(path, known, file)
        return known

    recorded = entry
    try:
        recorded = await session.in_thread(lambda _: record())
        await delete_ended_uploads(session)
    except (JournalFailed, DecisionRefused, OSError) as error:
        logger.warning("Wan 2.7: %s is saved but could not be recorded. %s", path, error)
    if wrong:
        raise wrong[0]
    if entry is None and recorded and recorded.attached:
        when = time.strftime("%H:%M", time.localtime(recorded.created))
        notice = f"This video was given to the request of {when} that got no response."
        session.report(Progress(Phase.FOUND, time.time(), task_id=task_id, notices=(notice,)))
    return recorded


def _order(entry: Entry, session: Session) -> Order:
    thumbnail = session.journal.thumbnails.read(entry.thumbnail)
    return Order(entry.seconds, str(entry.parameters.get("resolution", "")), thumbnail)


def _adopt(task_id: str, clip: Clip, file: VideoFile, session: Session) -> Entry:
    """Return an entry for a task without one: of its sidecar, or of the one request that it fits.

    What the journal knows by its id alone is never given away: a person may have taken it back.
    """
    host, journal = session.account.host_id, session.journal
    if journal.find_task(host, task_id) is None:
        found, same = sidecar.read(clip.path), (task_id, host, file.sha256)
        if found and (found.task_id, found.request.host, found.sha256) == same:
            restored = journal.restore(found.request, task_id, file)
            if restored:
                return restored
        match = only_match(journal, host, lambda each: difference(clip, _order(each, session)))
        if match and begins_with(clip, journal.thumbnails.read(match.thumbnail)):
            with contextlib.suppress(DecisionRefused):  # a person decided meanwhile
                return journal.attach(match, task_id, states=(State.UNCERTAIN,))
    return journal.adopt(host=host, task_id=task_id)


async def _end_without_video(entry: Entry, error: Wan27Error, session: Session) -> Wan27Error:
    """Record that a task gives no video, and return what the user must read.

    An id that a person gave was perhaps not the request's. A task that once had its video, or was
    paid for, is lost whatever the host says of it now.
    """
    host, journal = session.account.host, session.journal
    message = why_no_video(error, host)

    def end() -> Wan27Error:
        current = journal.find_entry(entry.id, entry.created)
        if current is None or current.task_id != entry.task_id:
            return error
        if current.attached and current.state is State.RUNNING:
            why = f"Task {entry.task_id}, given to this request by hand, has no video. {message}"
            return uncertain_error(journal.detach(current, message), host, why)
        if isinstance(error, TaskFailed) and State.FAILED in TRANSITIONS[current.state]:
            journal.failed(current, str(error), is_free=host.failures_are_free)
            return error
        if current.state is State.LOST or State.LOST in TRANSITIONS[current.state]:
            lost = journal.lost(current, message)
            return error if lost.fingerprint is None else lost_error(lost, host)
        return error  # given up already, as the user knows

    try:
        shown = await session.in_thread(lambda _: end())
        await delete_ended_uploads(session)
    except (JournalFailed, DecisionRefused) as failure:
        logger.warning("Wan 2.7: the end of task %s is not recorded. %s", entry.task_id, failure)
        return error
    return shown


async def _download(task_id: str, task: Task, entry: Entry | None, session: Session) -> Clip:
    """Download the task's video; the file exists only once it is complete and opens as a video."""
    path, since = video_path(session.folder, task_id), time.time()
    arrival = Arrival(path)

    async def fresh_url() -> str:
        again = await ask(task_id, entry, session, is_known=True)
        if again.video_url is None:
            raise DownloadFailed("The host no longer gives a URL for the video.")
        return again.video_url

    def check(part: Path) -> None:
        try:
            arrival.check(part)
        except InvalidVideo as error:
            kept = path.with_name(f"{path.stem}.unreadable.mp4")
            atomic_replace(part, kept)
            problem = str(error).replace(part.name, path.name)
            raise DownloadFailed(
                f"The download is incomplete or not a video: {problem} What was downloaded is kept"
                f" as {kept}."
            ) from error

    async def verify(part: Path) -> None:
        await session.in_thread(lambda _: check(part))

    def report(percent: float) -> None:
        session.report(Progress(Phase.DOWNLOADING, since, percent=percent, task_id=task_id))

    report(0.0)
    download = Download(session.client.http, str(task.video_url), fresh_url, verify, report)
    try:
        await session.ticking(download.to(path, session.sleep))
    except HostFailed as error:  # of the video's server; what the API refuses is about the key
        is_old = entry is not None and time.time() - entry.created > _KEPT_SECONDS
        if error.status in EXPIRED_STATUSES and is_old:
            raise VideoGone("Every URL that the host gives for this video is dead.") from None
        raise
    assert arrival.clip is not None  # noqa: S101 - else the download has raised
    return arrival.clip
