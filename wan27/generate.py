"""THE path of a paid request. Read it top to bottom: generate is submit, then collect; Task Poll is collect alone.

The promise: a task that was paid for is never lost and never bought twice. Everything that could break it happens in `_buy`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import pricing
from .api.download import Download
from .api.retry import SUBMIT, retrying
from .api.wire import Task, build_request
from .entry import Entry, NewEntry, State
from .errors import (
    DownloadFailed,
    HostRefused,
    HostUnreachable,
    InvalidVideo,
    JournalFailed,
    StillRunning,
    SubmissionUncertain,
    TaskFailed,
    TaskUnknown,
    UnexpectedAnswer,
    Wan27Error,
)
from .job import Job
from .journal import AlreadyOpenError
from .media.clip import check_complete, probe
from .owner import is_alive
from .reach import forget, reach, uploaded
from .session import Progress, Session
from .task_file import video_path
from .watch import watch

# How often a request looks whether its twin has been submitted.
_JOIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """A finished task: its id at the host and its video on disk."""

    task_id: str
    path: Path


async def generate(job: Job, session: Session) -> Result:
    """Return the video of `job`: bought now, or found, or picked up where an earlier run left it."""
    return await collect(await submit(job, session), session)


async def submit(job: Job, session: Session) -> str:
    """Return the task id of `job`. Submits only where the journal holds no open entry of the same request.

    Raises `SubmissionUncertain` once where an earlier submission ended without an answer; the next call submits anew.
    """
    fingerprint = job.fingerprint(session.account.identity, session.account.key.account)
    began, deadline = time.time(), time.monotonic() + session.timeout_seconds
    while True:
        entry = await session.in_thread(lambda _: session.journal.find(fingerprint, began))
        if entry is None:
            try:
                return await _buy(job, fingerprint, began, session)
            except AlreadyOpenError:
                continue  # the same request, begun elsewhere a moment ago: join it
        if entry.state is State.UNCERTAIN:
            raise _unheard(entry, session, "another node sent it")
        if entry.state is not State.SUBMITTING:
            return str(entry.task_id)
        if not is_alive(entry.owner, entry.created):
            raise await _uncertain(entry, session, "the program that sent it ended before the answer came")
        if time.monotonic() > deadline:
            raise StillRunning(f"The same request has been on its way elsewhere for {session.timeout_seconds:.0f} s. Run again to join it.")
        await session.sleep(_JOIN_SECONDS)


async def collect(task_id: str, session: Session) -> Result:
    """Return the video of a task of this account once it is done. It costs nothing, however often it is called.

    Raises `StillRunning` when the session's time is over, `TaskFailed` or `TaskUnknown` where no video will come; any other error
    leaves the task as it is, to be collected later.
    """
    entry = await session.in_thread(lambda _: session.journal.find_task(session.account.identity, task_id))
    known = entry.path if entry is not None and entry.path is not None else video_path(session.folder, task_id)
    if await asyncio.to_thread(known.is_file):
        session.report(Progress("found", time.time(), task_id=task_id))
        if entry is not None and entry.state is State.RUNNING:
            await _finish(entry, known, session)  # the process ended between the last byte and the last record
        return Result(task_id, known)
    try:
        task = await watch(task_id, entry, session)
        path = await _download(task_id, task, session)
    except (TaskFailed, TaskUnknown) as error:
        await _give_up(entry, error, session)
        raise
    except Wan27Error as error:
        error.args = (f"{error} (Task {task_id} at {session.account.host.title}; Run, or Task Poll with this id, collects it at no cost.)",)
        raise
    if entry is None:
        entry = await session.in_thread(lambda _: _adopt(task_id, session))
    await _finish(entry, path, session)
    return Result(task_id, path)


async def _finish(entry: Entry, path: Path, session: Session) -> None:
    await session.in_thread(lambda _: session.journal.finished(entry, path))
    await forget(entry.uploads, session)


async def _give_up(entry: Entry | None, error: TaskFailed | TaskUnknown, session: Session) -> None:
    """Close the entry of a task that will give no video; another account's tasks are not ours to judge."""
    if entry is None or entry.account != session.account.key.account:
        return
    if isinstance(error, TaskUnknown) and entry.fingerprint is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.created))
        error.args = (
            f"{error} Task {entry.task_id}, submitted on {when}, is given up: its video can no longer be had. Run again to buy it anew.",
        )
    said = str(error)
    await session.in_thread(lambda _: session.journal.failed(entry, said))
    await forget(entry.uploads, session)


async def _buy(job: Job, fingerprint: str, began: float, session: Session) -> str:
    """Make the media reachable and submit: the one place where money is spent."""
    cost = pricing.estimate(job, session.account.host.name)
    pricing.refuse_above(cost, session.max_cost)
    session.report(Progress("uploading", time.time(), cost=cost))
    urls = await reach(job, session)
    uploads = uploaded(urls, session)
    new = NewEntry(
        fingerprint=fingerprint,
        host=session.account.identity,
        account=session.account.key.account,
        mode=job.mode,
        parameters=job.parameters,
        cost="" if cost is None else str(cost),
        uploads=uploads,
        asked=began,
    )
    session.report(Progress("submitting", time.time(), cost=cost))
    body = build_request(job, urls)
    try:
        return await retrying(lambda: session.in_thread(lambda _: _submit_once(new, body, session)), SUBMIT, session.sleep)
    except _UnheardError as unheard:
        raise await _uncertain(unheard.entry, session, str(unheard)) from unheard
    except (HostRefused, HostUnreachable, UnexpectedAnswer, AlreadyOpenError):
        await forget(uploads, session)  # refused, never sent, or another was faster: no task will read them
        raise


def _submit_once(new: NewEntry, body: dict[str, Any], session: Session) -> str:
    """Record, send, record.

    It runs in a thread, where nothing but the death of the process stops it between sending and recording: not a cancel, and not the
    failure of another node, which throws every task of the event loop away.
    """
    entry = session.journal.begin(new)
    try:
        task_id = session.client.submit(body)
    except SubmissionUncertain as error:
        raise _UnheardError(session.journal.release(entry), str(error)) from error
    except Wan27Error as error:
        session.journal.failed(entry, str(error))
        raise
    except BaseException:
        session.journal.release(entry)
        raise
    try:
        session.journal.submitted(entry, task_id)
    except JournalFailed as error:
        raise JournalFailed(f"Task {task_id} was submitted and cannot be recorded. Note the id: Task Poll collects it. {error}") from error
    return task_id


async def _uncertain(entry: Entry, session: Session, what: str) -> SubmissionUncertain:
    """Close an entry whose answer nobody heard, and return the error that tells its user; after that a Run may submit anew."""
    await session.in_thread(lambda _: session.journal.uncertain(entry))
    return _unheard(entry, session, what)


def _unheard(entry: Entry, session: Session, what: str) -> SubmissionUncertain:
    host, when = session.account.host, time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(entry.created))
    most = f" {entry.cost}" if entry.cost else ""
    where = f" ({host.console})" if host.console else ""
    return SubmissionUncertain(
        f"The request for this video was sent to {host.title} at {when}, but no task id came back ({what.rstrip('.')}). It may have been accepted and "
        f"charged{most}. Look for it in your account{where} first; its id collects it in Task Poll. Run again to submit it anew."
    )


async def _download(task_id: str, task: Task, session: Session) -> Path:
    """Fetch the task's video and let it exist only once it is whole and opens as a video."""
    path, since = video_path(session.folder, task_id), time.time()

    async def fresh_url() -> str:
        again = await session.client.task(task_id)
        if again.video_url is None:
            raise DownloadFailed("The host no longer gives an address for the video.")
        return again.video_url

    async def verify(part: Path) -> None:
        try:
            await session.in_thread(lambda _: check_complete(probe(part)))
        except InvalidVideo as error:
            raise DownloadFailed(f"What the host sent is no whole video: {str(error).replace(part.name, path.name)}") from error

    def report(percent: float) -> None:
        session.report(Progress("downloading", since, percent=percent, task_id=task_id))

    report(0.0)
    await session.ticking(Download(session.client.http, str(task.video_url), fresh_url, verify, report).to(path, session.sleep))
    return path


def _adopt(task_id: str, session: Session) -> Entry:
    return session.journal.adopt(host=session.account.identity, account=session.account.key.account, task_id=task_id)


class _UnheardError(Exception):
    """A submission left and nobody heard the answer; carries its entry from the thread to the run that waits for it."""

    def __init__(self, entry: Entry, what: str) -> None:
        super().__init__(what)
        self.entry = entry
