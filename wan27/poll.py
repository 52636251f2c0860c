"""Polling a task until it ends: rarely at first, often near its end, and never without one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from .api.protocols.port import PROMPTS, Status, Task
from .api.retry import LOOKUP, MISSING, READ, RUNNING, retrying
from .api.watch import LEAST_SECONDS, Watch
from .api.words import failure_advice
from .errors import HostFailed, StillRunning, TaskFailed, Wan27Error
from .journal.entry import Entry
from .journal.states import State
from .session import Phase, Progress, Session

_NEW_SECONDS = 300.0  # so long a host may not find what it has just accepted

logger = logging.getLogger(__name__)


async def poll(task_id: str, entry: Entry | None, session: Session) -> Task:
    """Return the task once it has succeeded. `entry` is its journal entry, None without one.

    Raises `TaskFailed` with the host's reason, `StillRunning` when the session's time is over.
    """
    session.batch.polled += 1
    try:
        return await _until_done(task_id, entry, session)
    finally:
        session.batch.polled -= 1


async def _until_done(task_id: str, entry: Entry | None, session: Session) -> Task:
    now = _steady_clock()
    since = (entry and entry.created) or now()  # 0: the request is known by its sidecar alone
    watch = Watch(since, now(), await _durations(entry, session))
    deadline = now() + session.timeout_seconds
    is_known = _is_new(entry)
    first = (Phase.QUEUED, since) if is_known else (Phase.LOOKING_UP, now())
    session.report(Progress(*first, ends=watch.ends, task_id=task_id))
    while now() < deadline:
        wait = watch.next_wait(now(), session.batch.polled) if is_known else 0.0
        await session.sleep(min(wait, max(deadline - now(), LEAST_SECONDS)))
        began = now()
        task = await ask(task_id, entry, session, is_known=is_known)
        is_known = True
        if task.status is Status.SUCCEEDED:
            await _remember(watch.took(now()), entry, session)
            return task
        if task.status is Status.FAILED:
            raise _failed(task_id, task.reason or "no reason was given", entry, session)
        watch.saw(task, now(), now() - began)
        session.report(_progress(task, since, watch.ends, task_id))
    raise StillRunning(
        f"The task is still running after {session.timeout_seconds:.0f} s (WAN27_TIMEOUT). It keeps"
        " running at the host."
    )


def _steady_clock() -> Callable[[], float]:
    """Return a clock of epoch seconds that no change of the machine's time turns back."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset


async def _durations(entry: Entry | None, session: Session) -> list[float]:
    if entry is None:
        return []
    return await session.in_thread(lambda _: session.journal.durations.of_tasks_like(entry))


async def _remember(seconds: float | None, entry: Entry | None, session: Session) -> None:
    if entry is not None and seconds is not None:
        await session.in_thread(lambda _: session.journal.durations.add(entry, seconds))


def _is_new(entry: Entry | None) -> bool:
    """Return True for a task that the host named or gave a moment ago; a person may name any."""
    if entry is None or entry.attached or entry.state not in (State.RUNNING, State.FINISHED):
        return False
    return time.time() - entry.updated < _NEW_SECONDS


async def ask(
    task_id: str, entry: Entry | None, session: Session, *, is_known: bool = False
) -> Task:
    """Return what the host says of the task now; passing failures are retried.

    So are `TaskUnknown`, `NoVideo` and a failure of the task that comes as one of the host, before
    they are believed: for seconds, and for more than a minute where the task `is_known` to have
    been at the host just now.
    """
    passing, untrue = (RUNNING, MISSING) if is_known else (READ, LOOKUP)
    passing = replace(passing, total_seconds=min(passing.total_seconds, session.timeout_seconds))
    untrue = replace(untrue, on=(*untrue.on, TaskFailed))
    failed: list[float] = []

    async def read_once() -> Task:
        try:
            return await session.client.task(task_id)
        except passing.on as error:
            failures = session.account.host.protocol.failures
            if isinstance(error, HostFailed) and error.reason in failures:
                reason = f"{error.words or 'no reason was given'} (HTTP {error.status})"
                raise _failed(task_id, reason, entry, session) from error
            failed.append(time.time())
            if len(failed) > 1:  # one passes unseen
                session.report(Progress(Phase.NO_ANSWER, failed[0], task_id=task_id))
            raise

    async def read() -> Task:
        return await retrying(read_once, untrue, session.sleep)

    return await session.ticking(retrying(read, passing, session.sleep))


async def ask_again(entry: Entry, session: Session) -> bool:
    """Ask the host once for a task that was given up; good news is recorded before it is used."""
    task_id = str(entry.task_id)
    try:
        task = await session.ticking(session.client.task(task_id))
        if task.status is Status.FAILED:
            return False
        await session.in_thread(lambda _: session.journal.submitted(entry, task_id))
    except Wan27Error as error:
        logger.info("Wan 2.7: task %s was asked for again. %s", task_id, error)
        return False
    return True


def _progress(task: Task, since: float, ends: float | None, task_id: str) -> Progress:
    if task.status is Status.QUEUED:
        return Progress(Phase.QUEUED, since, ends=ends, task_id=task_id)
    return Progress(Phase.PROCESSING, since, percent=task.percent, ends=ends, task_id=task_id)


def _failed(task_id: str, reason: str, entry: Entry | None, session: Session) -> TaskFailed:
    host = session.account.host
    inline = entry is not None and not entry.uploads and session.uploader.sends_inline
    parameters = entry.parameters if entry else {}
    given = [str(parameters.get(name, "")) for name in PROMPTS]
    advice = failure_advice(reason, host, inline=inline, given=given)
    return TaskFailed(
        f"The task failed at {host.title}: {reason}. {_charge(entry, session)} {advice}"
        f" (Task {task_id})"
    )


def _charge(entry: Entry | None, session: Session) -> str:
    """Return the sentence on what a failed task costs, with the estimate where it is known."""
    host = session.account.host
    if host.failures_are_free:
        return "Failed tasks are not charged."
    cost = f" {entry.cost}" if entry and entry.cost and entry.cost.amount else ""
    page = f" ({host.billing})" if host.billing else ""
    return (
        f"You may have been charged{cost}: {host.title} does not document that failed tasks are"
        f" free, so check your account{page}."
    )
