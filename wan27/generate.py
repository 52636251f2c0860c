"""THE path of a paid request.

Read it top to bottom: generate is submit, then collect; Task Poll is collect alone.

The promise: a task that was paid for is never lost and never bought twice. Everything that could
break it happens in `_buy`.
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
from .publish import forget, forget_ended, publish, uploaded
from .session import Progress, Session

T = TypeVar("T")

logger = logging.getLogger(__name__)

# How often a request looks whether its twin has been submitted.
_JOIN_SECONDS = 0.5


async def generate(job: Job, session: Session) -> Result:
    """Return the video of `job`: bought now, or found, or picked up where an earlier run left it."""
    return await collect(await submit(job, session), session)


async def submit(job: Job, session: Session) -> str:
    """Return the task id of `job`.

    Submits only where the journal holds no open entry of the same request.

    Raises `SubmissionUncertain` once where an earlier submission ended without an answer; the next
    call submits anew.
    """
    fingerprint = job.fingerprint(session.account.host_id, session.account.key.account)
    began, deadline = time.time(), time.monotonic() + session.timeout_seconds
    await session.in_thread(lambda _: _tidy(session))
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
            raise await _uncertain(
                entry, session, "the program that sent it ended before the answer came"
            )
        if time.monotonic() > deadline:
            raise StillRunning(
                f"The same request has been on its way elsewhere for {session.timeout_seconds:.0f}"
                " s. Run again to join it."
            )
        await session.sleep(_JOIN_SECONDS)


def _tidy(session: Session) -> None:
    session.journal.check()
    if session.keep_days is not None:
        session.journal.prune(time.time() - session.keep_days * 24 * 3600)


async def _buy(job: Job, fingerprint: str, began: float, session: Session) -> str:
    """Make the media reachable and submit: the one place where money is spent."""
    cost = money.estimate(job.resolution, job.duration, session.account.host.name, session.prices)
    money.refuse_above(cost, session.max_cost)
    await asyncio.to_thread(require_room, session.folder)
    notices = job.notices + money.limit_notices(cost, session.max_cost)
    session.report(Progress("uploading", time.time(), cost=cost, notices=notices))
    urls = await publish(job, session)
    uploads = uploaded(urls, session)
    new = NewEntry(
        fingerprint=fingerprint,
        host=session.account.host_id,
        account=session.account.key.account,
        mode=job.mode,
        parameters=job.parameters,
        cost=cost,
        uploads=uploads,
        thumbnail=job.thumbnail,
        asked=began,
    )
    session.report(Progress("submitting", time.time(), cost=cost))
    body = build_request(job, urls)
    try:
        return await retrying(
            lambda: session.ticking(_in_own_thread(lambda: _submit_once(new, body, session))),
            SUBMIT,
            session.sleep,
        )
    except _UnheardError as unheard:
        raise await _uncertain(unheard.entry, session, str(unheard)) from unheard
    except TaskNotRecorded:
        raise
    except (HostRefused, HostUnreachable, UnexpectedResponse):
        await forget_ended(session)
        raise
    except (AlreadyOpenError, JournalFailed):
        await forget(uploads, session)  # it was never recorded, so nobody else knows of them
        raise


async def _in_own_thread(work: Callable[[], T]) -> T:
    """Not in one of the loop's, which are few (six on two cores): a host may take a minute to answer, and all else would wait behind it."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="wan27-submit")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        executor.shutdown(wait=False)


def _submit_once(new: NewEntry, body: dict[str, Any], session: Session) -> str:
    """Record, send, record.

    It runs in a thread, where nothing but the death of the process stops it between sending and
    recording: not a cancel, and not the failure of another node, which throws every task of the
    event loop away.
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
        raise TaskNotRecorded(
            f"Task {task_id} was submitted and cannot be recorded. Note the id: Task Poll collects"
            f" it. {error}"
        ) from error
    return task_id


async def _uncertain(entry: Entry, session: Session, what: str) -> SubmissionUncertain:
    """Close an entry whose answer nobody heard, and return the error that tells its user; after that a Run may submit anew."""
    error = _unheard(entry, session, what)
    # Told first: a process that dies between the two would leave a request that may be bought anew
    # though nobody was told.
    logger.warning("Wan 2.7: %s", error)
    await session.in_thread(lambda _: session.journal.uncertain(entry))
    return error


def _unheard(entry: Entry, session: Session, what: str) -> SubmissionUncertain:
    host, when = (
        session.account.host,
        time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(entry.created)),
    )
    most = "" if entry.cost is None else f" {entry.cost}"
    where = f" ({host.console})" if host.console else ""
    return SubmissionUncertain(
        f"The request for this video was sent to {host.title} at {when}, but no task id came back"
        f" ({what.rstrip('.')}). It may have been accepted and charged{most}. Look for it in your"
        f" account{where} first; its id collects it in Task Poll. Run again to submit it anew."
    )


class _UnheardError(Exception):
    """A submission left and nobody heard the answer; carries its entry from the thread to the run that waits for it."""

    def __init__(self, entry: Entry, what: str) -> None:
        super().__init__(what)
        self.entry = entry
