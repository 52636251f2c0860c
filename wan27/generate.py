"""THE path of a paid request: generate is submit, then collect; Task Poll is collect alone.

The promise: a task that was paid for is never lost and never bought twice; what only a person can
decide, a person decides. All that could break it happens in `_buy`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import money
from .api.retry import LONGEST_SUBMISSION_SECONDS, SUBMIT, AwakeClock, retrying
from .collect import Result, collect, find_lost, find_request
from .errors import (
    CostRefused,
    DecisionRefused,
    HostRefused,
    HostUnreachable,
    JournalFailed,
    NotSent,
    StillRunning,
    SubmissionUncertain,
    TaskNotRecorded,
    UnexpectedResponse,
    Wan27Error,
)
from .files import require_room
from .job import Job
from .journal.changes import AlreadyOpenError
from .journal.decisions import NoResponse, lost_error, second_host_error, uncertain_error
from .journal.entry import Entry, NewEntry
from .journal.owner import Sender, look, sending
from .journal.states import State
from .publish import (
    delete_ended_uploads,
    delete_in_background,
    delete_uploads,
    publish,
    upload_refs,
)
from .session import Phase, Progress, Session, StoppedError, in_own_thread, to_its_end

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 0.5  # between two looks at an equal request that another run is submitting


async def generate(job: Job, session: Session) -> Result:
    """Return the video of `job`: bought now, found, or collected from an earlier submission."""
    return await collect(await submit(job, session), session)


async def submit(job: Job, session: Session) -> str:
    """Return the task id of `job`; submit only where no earlier submission may have been paid for.

    Raises `SubmissionUncertain` or `TaskLost`, at each call, until a person has decided.
    """
    host_id = session.account.host_id
    fingerprint = job.fingerprint(host_id)
    now = AwakeClock()  # as that of a submission that is waited for
    deadline = now() + session.timeout_seconds
    await session.in_thread(lambda _: _tidy(session))
    first_seen: dict[int, float] = {}  # by entry; 0: another run is about to begin it
    while True:
        entry = await session.in_thread(lambda _: find_request({fingerprint: host_id}, session))
        since = first_seen.setdefault(entry.id if entry else 0, now())
        is_over = now() - since > LONGEST_SUBMISSION_SECONDS
        if entry is None:
            if is_over or not await _is_locked(fingerprint, session):
                with contextlib.suppress(AlreadyOpenError):  # another run began it: join that run
                    return await _buy(job, fingerprint, session, ignore_lock=is_over)
        elif entry.state is State.SUBMITTING:
            settle = partial(session.journal.settle, entry, is_over=is_over)
            await session.in_thread(lambda _, settle=settle: settle())  # type: ignore[misc]
        else:
            return await _task_id(entry, session)
        if now() > deadline:
            raise StillRunning(
                "The same request is already being submitted by another run, for"
                f" {session.timeout_seconds:.0f} s now. Run again to join it."
            )
        await session.sleep(_JOIN_SECONDS)


async def _is_locked(fingerprint: str, session: Session) -> bool:
    """Return True where another run has the lock of this request, which it is about to begin."""
    locks = session.journal.locks
    return await session.in_thread(lambda _: look(locks, fingerprint)) is Sender.ALIVE


async def _task_id(entry: Entry, session: Session) -> str:
    """Return the task of an entry that has one; stop where a person must decide."""
    if entry.state is State.UNCERTAIN:
        raise uncertain_error(entry, session.account.host)
    if entry.state is State.LOST and not await find_lost(entry, session):
        raise lost_error(entry, session.account.host)
    return str(entry.task_id)


def _tidy(session: Session) -> None:
    session.journal.check()
    if session.keep_days is not None:
        session.journal.prune(time.time() - session.keep_days * 24 * 3600)


def _refuse_second_host(job: Job, session: Session) -> None:
    others = {host.name: host for host in session.account.others}
    if entry := find_request({job.fingerprint(name): name for name in others}, session):
        raise second_host_error(entry, others[entry.host], session.account.host)


async def _buy(job: Job, fingerprint: str, session: Session, *, ignore_lock: bool) -> str:
    """Publish the media and submit: the one place where money is spent."""
    account = session.account
    cost = money.estimate(job.resolution, job.duration, account.host.name, session.prices)
    money.refuse_above(cost, session.max_cost)
    await session.in_thread(lambda _: _refuse_second_host(job, session))
    await session.in_thread(lambda _: require_room(session.folder))
    workflow = await session.in_thread(lambda _: session.workflow())
    notices = job.notices + money.limit_notices(cost, session.max_cost, session.day_limits)
    session.report(Progress(Phase.UPLOADING, time.time(), cost=cost, notices=notices))
    uploads = await publish(job, session)
    new = NewEntry(
        fingerprint=fingerprint,
        host=account.host_id,
        mode=job.mode,
        parameters=job.parameters,
        cost=cost,
        uploads=upload_refs(uploads, session),
        thumbnail=job.thumbnail,
        workflow=workflow,
    )
    urls = {role: upload.url for role, upload in uploads.items()}
    body = account.host.protocol.build_request(job, urls)
    submission = _Submission(new, body, session, ignore_lock=ignore_lock)
    try:
        await session.ticking(session.batch.slots.acquire())
    except BaseException:
        delete_in_background(new.uploads, session)
        raise
    try:
        return await _send(submission, cost, session)
    except TaskNotRecorded:
        raise
    except (HostRefused, HostUnreachable, UnexpectedResponse, NotSent):
        await delete_ended_uploads(session)
        raise
    except (AlreadyOpenError, JournalFailed, CostRefused):
        if not submission.is_recorded:
            await delete_uploads(new.uploads, session)
        raise
    except BaseException:
        if not submission.has_begun:  # else the journal knows of its uploads
            delete_in_background(new.uploads, session)
        raise
    finally:
        session.batch.slots.release()


async def _send(submission: _Submission, cost: money.Cost | None, session: Session) -> str:
    async def turn() -> str:
        await session.ticking(in_own_thread(submission.begin))
        session.report(Progress(Phase.SUBMITTING, time.time(), cost=cost, bought=True))
        return await retrying(
            lambda: session.ticking(in_own_thread(submission.attempt)), SUBMIT, session.sleep
        )

    try:
        return await session.batch.in_turn(turn, session.timeout_seconds)
    except StoppedError:
        session.tick()  # raises the cancel in the host's own way
        raise NotSent("The Run was canceled. Nothing was sent.") from None
    except NoResponse as lost:
        error = uncertain_error(lost.entry, session.account.host)
        session.batch.stopped = True
        logger.warning("Wan 2.7: %s", error)
        raise error from lost
    finally:
        submission.is_over = True  # before the thread: from here on nothing is sent
        await to_its_end(submission.end, session.tick)


class _Submission:
    """One request on its way: recorded, sent, recorded; sent again only where nothing had left.

    Its methods run in threads, where nothing but the death of the process stops them between
    sending and recording: neither a cancel nor the failure of another node, which cancels every
    task of the event loop. It holds the lock of the request from the first record to the last.
    """

    def __init__(
        self, new: NewEntry, body: dict[str, Any], session: Session, *, ignore_lock: bool
    ) -> None:
        """`ignore_lock`: the lock was held for longer than a submission takes."""
        self._new, self._body, self._session = new, body, session
        self._ignore_lock = ignore_lock
        self.has_begun = self.is_recorded = False
        self._lock = contextlib.ExitStack()
        self._sending = threading.Lock()
        self._entry: Entry | None = None
        self.is_over = False

    def begin(self) -> None:
        """Record the submission, with a new entry for each turn.

        Raises `AlreadyOpenError` where another run has begun it.
        """
        session, locks = self._session, self._session.journal.locks
        with self._step():
            if self.is_over:
                raise StoppedError
            if not self.is_recorded:
                sender = self._lock.enter_context(sending(locks, str(self._new.fingerprint)))
                if sender is Sender.ALIVE and not self._ignore_lock:
                    raise AlreadyOpenError
            self.has_begun = True
            self._entry = session.journal.begin(self._new, session.day_limits, self._entry)
            self.is_recorded = True

    def attempt(self) -> str:
        """Send the request once and return its task id."""
        with self._step():
            return self._attempt()

    def end(self) -> None:
        """Record the end, after which no step begins; one that is under way does it when done."""
        if self._sending.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._sending.release()

    @contextlib.contextmanager
    def _step(self) -> Iterator[None]:
        try:
            with self._sending:
                yield
        finally:
            if self.is_over:
                self.end()

    def _attempt(self) -> str:
        session, entry = self._session, self._entry
        # The last look: whatever is canceled or stopped before this was not sent.
        if entry is None or self.is_over or session.batch.canceled():
            raise StoppedError
        if session.batch.stopped:
            raise NotSent(
                "Another request of this Run got no response, so nothing was sent for this one."
                " Decide about the other one in the Wan27 tasks of the sidebar, then Run again."
            )
        if not session.journal.is_submitting(entry):  # settled or decided while this one waited
            raise AlreadyOpenError
        try:
            task_id = session.client.submit(self._body)
        except SUBMIT.on:
            raise  # nothing has left: the entry waits for the next attempt, or for its end
        except SubmissionUncertain as error:
            raise self._no_response(entry, str(error)) from error
        except Wan27Error as error:
            self._record(session.journal.unsent, entry, str(error))
            raise
        except BaseException:
            self._no_response(entry, "the submission was broken off")
            raise
        self._entry = None
        try:
            session.journal.submitted(entry, task_id)
        except (JournalFailed, DecisionRefused) as error:
            raise TaskNotRecorded(
                f"Task {task_id} was submitted and charged, and could not be recorded. Note the id:"
                f" Task Poll collects it for free. {getattr(error, 'problem', error)}"
            ) from error
        return task_id

    def _no_response(self, entry: Entry, reason: str) -> NoResponse:
        return NoResponse(self._record(self._session.journal.uncertain, entry, reason), reason)

    def _close(self) -> None:
        """Record that nothing was sent, where that is how it ended, and release the lock."""
        try:
            if self._entry is not None:
                self._record(self._session.journal.unsent, self._entry, "Nothing was sent.")
        finally:
            self._lock.close()

    def _record(self, end: Callable[[Entry, str], Entry], entry: Entry, reason: str) -> Entry:
        """Record an end. Where that fails, a later look finds that the sender is gone."""
        self._entry = None
        try:
            return end(entry, reason)
        except (JournalFailed, DecisionRefused) as error:
            logger.warning("Wan 2.7: the end of a submission is not recorded. %s", error)
            return entry
