"""THE path of a paid request: generate is submit, then collect; Task Poll is collect alone.

The promise: a task that was paid for is never lost and never bought twice. All that could break it
happens in `_buy`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from . import money
from .api.protocols.async_v3 import build_request
from .api.retry import SUBMIT, retrying
from .collect import Result, collect
from .errors import (
    HostRefused,
    HostUnreachable,
    JournalFailed,
    StillRunning,
    SubmissionUncertain,
    TaskNotRecorded,
    UnexpectedResponse,
    Wan27Error,
)
from .files import require_room
from .job import Job
from .journal.entry import Entry, NewEntry
from .journal.journal import AlreadyOpenError
from .journal.owner import is_alive
from .journal.states import State
from .publish import delete_ended_uploads, delete_uploads, publish, upload_names
from .session import Phase, Progress, Session

T = TypeVar("T")

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 0.5  # between two looks at an equal request that another run is submitting


async def generate(job: Job, session: Session) -> Result:
    """Return the video of `job`: bought now, found, or collected from an earlier submission."""
    return await collect(await submit(job, session), session)


async def submit(job: Job, session: Session) -> str:
    """Return the task id of `job`; submit only where the journal has no open entry of its request.

    Raises `SubmissionUncertain` once where an earlier submission got no response; the next call
    submits again.
    """
    fingerprint = job.fingerprint(session.account.host_id, session.account.key.account_id)
    began, deadline = time.time(), time.monotonic() + session.timeout_seconds
    await session.in_thread(lambda _: _tidy(session))
    while True:
        entry = await session.in_thread(lambda _: session.journal.find(fingerprint, began))
        if entry is None:
            try:
                return await _buy(job, fingerprint, began, session)
            except AlreadyOpenError:
                continue  # another run began the same request a moment ago: join it
        if entry.state is State.UNCERTAIN:
            raise _uncertain_error(entry, session, "another node sent it")
        if entry.state is not State.SUBMITTING:
            return str(entry.task_id)
        if not is_alive(entry.owner, entry.created):
            reason = "the program that sent it ended before the response came"
            raise await _record_uncertain(entry, session, reason)
        if time.monotonic() > deadline:
            raise StillRunning(
                "The same request is already being submitted by another run, for"
                f" {session.timeout_seconds:.0f} s now. Run again to join it."
            )
        await session.sleep(_JOIN_SECONDS)


def _tidy(session: Session) -> None:
    session.journal.check()
    if session.keep_days is not None:
        session.journal.prune(time.time() - session.keep_days * 24 * 3600)


async def _buy(job: Job, fingerprint: str, began: float, session: Session) -> str:
    """Publish the media and submit: the one place where money is spent."""
    account = session.account
    cost = money.estimate(job.resolution, job.duration, account.host.name, session.prices)
    money.refuse_above(cost, session.max_cost)
    await asyncio.to_thread(require_room, session.folder)
    notices = job.notices + money.limit_notices(cost, session.max_cost)
    session.report(Progress(Phase.UPLOADING, time.time(), cost=cost, notices=notices))
    uploads = await publish(job, session)
    new = NewEntry(
        fingerprint=fingerprint,
        host=account.host_id,
        account=account.key.account_id,
        mode=job.mode,
        parameters=job.parameters,
        cost=cost,
        uploads=upload_names(uploads),
        thumbnail=job.thumbnail,
        asked=began,
    )
    session.report(Progress(Phase.SUBMITTING, time.time(), cost=cost, bought=True))
    body = build_request(job, {role: upload.url for role, upload in uploads.items()})

    async def attempt() -> str:
        return await session.ticking(_in_own_thread(lambda: _record_and_send(new, body, session)))

    try:
        return await retrying(attempt, SUBMIT, session.sleep)
    except NoResponse as lost:
        raise await _record_uncertain(lost.entry, session, str(lost)) from lost
    except TaskNotRecorded:
        raise
    except (HostRefused, HostUnreachable, UnexpectedResponse):
        await delete_ended_uploads(session)
        raise
    except (AlreadyOpenError, JournalFailed):
        # It was never recorded, so no other run knows of its uploads.
        await delete_uploads(new.uploads, session)
        raise


async def _in_own_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread of its own: a host may take a minute to respond.

    The event loop has few threads (six on two cores), and all else would wait behind it.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="wan27-submit")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        executor.shutdown(wait=False)


def _record_and_send(new: NewEntry, body: dict[str, Any], session: Session) -> str:
    """Record, send, record.

    It runs in a thread, where nothing but the death of the process stops it between sending and
    recording: neither a cancel nor the failure of another node, which cancels every task of the
    event loop.
    """
    entry = session.journal.begin(new)
    try:
        task_id = session.client.submit(body)
    except SubmissionUncertain as error:
        raise NoResponse(session.journal.release(entry), str(error)) from error
    except Wan27Error as error:
        session.journal.failed(entry, str(error))
        raise
    except BaseException:
        session.journal.release(entry)
        raise
    try:
        session.journal.submitted(entry, task_id)
    except JournalFailed as error:
        raise TaskNotRecorded(
            f"Task {task_id} was submitted and could not be recorded. Note the id: Task Poll"
            f" collects it. {error}"
        ) from error
    return task_id


async def _record_uncertain(entry: Entry, session: Session, reason: str) -> SubmissionUncertain:
    """Close an entry without a response; return the error for its user, who may then Run again."""
    error = _uncertain_error(entry, session, reason)
    # Logged first: a process that dies between the two would leave a request that is bought again
    # although no one could read of the first one.
    logger.warning("Wan 2.7: %s", error)
    await session.in_thread(lambda _: session.journal.uncertain(entry))
    return error


def _uncertain_error(entry: Entry, session: Session, reason: str) -> SubmissionUncertain:
    host = session.account.host
    when = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(entry.created))
    charge = "" if entry.cost is None else f" {entry.cost}"
    console = f" ({host.console})" if host.console else ""
    return SubmissionUncertain(
        f"{host.title_first} gave no task id after the request was sent at {when}"
        f" ({reason.rstrip('.')}), so you may have been charged{charge}. Check your"
        f" account{console} first: if the task is there, Task Poll collects it by its id; if not,"
        " Run again to submit it again."
    )


class NoResponse(Exception):
    """A submission was sent and got no response. `entry` is its journal entry."""

    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(reason)
        self.entry = entry
