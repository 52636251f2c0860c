"""Who sends a request, and whether anything was sent: locks, kills, clocks, cancels and limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import ssl
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from tests.chaos.child import Child
from tests.chaos.user import Request, job_of, run
from tests.simulator import Fault
from wan27 import errors
from wan27 import generate as path
from wan27.api import client
from wan27.api.retry import SUBMIT
from wan27.generate import generate, submit
from wan27.journal import owner
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.owner import sending
from wan27.journal.states import State
from wan27.money import DayLimits, parse_price
from wan27.session import Batch

from .conftest import Run

needs_flock = pytest.mark.skipif(os.name == "nt", reason="replaces the call of POSIX systems")


class Canceled(BaseException):
    """A cancel from ComfyUI; as there, it is no Exception."""


@pytest.fixture
def elsewhere(simulator, tmp_path):
    """A request of another process, with the journal and the folders of this one."""
    return Request(simulator.base_url, "sk-canary", tmp_path, "a boat")


@pytest.fixture
def no_locks(monkeypatch):
    """A file system without locks."""

    def flock(*_):
        raise OSError(95, "not supported")

    monkeypatch.setattr(owner.fcntl, "flock", flock)


def begun(session, job):
    """Leave a submission in the journal as a sender does that says nothing more."""
    fingerprint = job.fingerprint(session.account.host_id)
    new = NewEntry(fingerprint=fingerprint, host=session.account.host_id)
    return session.journal.begin(new)


async def arrived(simulator):
    """Wait until a submission has arrived at the host."""
    while not simulator.submissions:
        await asyncio.sleep(0.01)


async def recorded(journal):
    """Wait until no submission is on its way."""
    deadline = time.monotonic() + 10
    while journal.in_state(State.SUBMITTING) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


async def test_a_killed_sender_leaves_a_question_at_once(simulator, make_session, elsewhere):
    """Its lock is free as soon as it is dead; the next Run neither waits nor buys."""
    simulator.script.faults.append(Fault(on="submit", do="stall"))
    child = Child(run, elsewhere)
    await arrived(simulator)
    child.kill()
    child.end()
    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(errors.SubmissionUncertain):
            await submit(job_of(elsewhere), make_session())
    assert time.monotonic() - began < 5
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize("step_seconds", [0, 3 * 3600, -3 * 3600, 1, -1])
async def test_a_living_sender_is_waited_for_whatever_the_clock_says(
    simulator, make_session, elsewhere, monkeypatch, step_seconds
):
    """Suspend, NTP, another machine's clock: the lock is held, so this Run waits and collects."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=1.5))
    child = Child(run, elsewhere)
    await arrived(simulator)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step_seconds)
    result = await generate(job_of(elsewhere), make_session())
    outcome = await asyncio.to_thread(child.end)
    assert (outcome.task_id, 1) == (result.task_id, len(simulator.submissions))


@pytest.mark.parametrize("step_seconds", [3 * 3600, -3 * 3600])
async def test_a_dead_sender_is_in_doubt_whatever_the_clock_says(
    make_session, make_job, monkeypatch, step_seconds
):
    """Not free after a step forward, and not waited for until time has caught up after one back."""
    session = make_session()
    begun(session, make_job())
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step_seconds)
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session())


@needs_flock
@pytest.mark.usefixtures("no_locks")
async def test_without_locks_a_silent_sender_is_waited_for_and_then_in_doubt(
    simulator, make_session, make_job, monkeypatch
):
    """By the own clock of the one that waits, for as long as a submission can take."""
    monkeypatch.setattr(path, "LONGEST_SUBMISSION_SECONDS", 0.6)
    begun(make_session(), make_job())
    began = time.monotonic()
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session())
    assert 0.6 <= time.monotonic() - began < 5
    assert [] == simulator.submissions


@needs_flock
@pytest.mark.usefixtures("no_locks")
async def test_without_locks_equal_requests_are_bought_once(simulator, make_session, make_job):
    """The transaction decides who submits, and the others wait for its task."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5))
    results = await asyncio.gather(*(generate(make_job(), make_session()) for _ in range(4)))
    assert (1, 1) == (len(set(results)), len(simulator.submissions))


async def test_a_lock_that_no_submission_ends_blocks_no_request_for_ever(
    simulator, make_session, make_job, monkeypatch, tmp_path
):
    """A child may keep the lock of a dead sender: it shortens waits, and it proves nothing."""
    monkeypatch.setattr(path, "LONGEST_SUBMISSION_SECONDS", 0.6)
    session = make_session()
    fingerprint = make_job().fingerprint(session.account.host_id)
    with sending(session.journal.locks, fingerprint):
        with pytest.raises(errors.StillRunning, match="Run again to join it"):
            await submit(make_job(), make_session(timeout_seconds=0.1))
        assert [] == simulator.submissions
        await submit(make_job(), make_session())
    assert 1 == len(simulator.submissions)


async def test_a_request_whose_lock_is_taken_at_the_last_moment_is_not_begun(
    simulator, make_session, make_job, monkeypatch
):
    """A row without the lock of its sender would soon be taken for a dead one."""

    async def is_free(*_):
        return False

    monkeypatch.setattr(path, "_is_locked", is_free)
    session = make_session(timeout_seconds=0.1)
    fingerprint = make_job().fingerprint(session.account.host_id)
    with sending(session.journal.locks, fingerprint), pytest.raises(errors.StillRunning):
        await submit(make_job(), session)
    assert ([], []) == (simulator.submissions, session.journal.recent(10))


async def test_a_sender_that_hangs_for_longer_than_any_submission_is_in_doubt(
    simulator, make_session, make_job, monkeypatch
):
    """Its lock is held; when its response comes after all, that is recorded."""
    monkeypatch.setattr(path, "LONGEST_SUBMISSION_SECONDS", 0.3)
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=1.5))
    hanging = asyncio.create_task(submit(make_job(), make_session()))
    await arrived(simulator)
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session())
    assert await hanging == await submit(make_job(), make_session())
    assert 1 == len(simulator.submissions)


class _NoRecordOfLosses(Journal):
    """A journal whose disk fails when a lost response is to be recorded."""

    def uncertain(self, entry, error):  # noqa: ARG002
        raise errors.JournalFailed("The disk is gone.")


async def test_a_lost_response_that_cannot_be_recorded_is_still_a_question(
    simulator, make_session, make_job, tmp_path
):
    """The entry is left as it was sent; its lock is free, and the next Run sees that."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    broken = _NoRecordOfLosses(tmp_path / "state" / "journal.sqlite3")
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session(journal=broken))
    for _ in range(2):
        with pytest.raises(errors.SubmissionUncertain):
            await submit(make_job(), make_session())
    assert 1 == len(simulator.submissions)


async def test_a_host_that_gives_one_id_twice_loses_no_second_task(raw_session, make_job, raw_host):
    """The second request is not taken for the first: its error names the id, in doubt."""
    assert "t1" == await submit(make_job(), raw_session())
    with pytest.raises(errors.TaskNotRecorded, match="Task t1 was submitted and charged"):
        await submit(make_job(seed=1), raw_session())
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(seed=1), raw_session())
    assert (2, "t1") == (raw_host.posts, await submit(make_job(), raw_session()))


async def test_a_cancel_before_the_request_is_sent_records_that_nothing_was_sent(
    simulator, make_session, make_job
):
    """The last look is right before the POST; the next Run submits, and nobody is asked."""
    session = make_session(batch=Batch(canceled=lambda: True))
    with pytest.raises(errors.NotSent, match="canceled. Nothing was sent"):
        await submit(make_job(), session)
    [entry] = session.journal.recent(10)
    assert (State.FAILED, "Nothing was sent.") == (entry.state, entry.error)
    await submit(make_job(), make_session())
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize("delay", [0, 0.005, 0.02, 0.05, 0.1])
async def test_a_cancel_at_any_moment_leaves_no_question_without_a_request(
    simulator, make_session, make_job, delay
):
    """Whether it comes before, in or after the record: uncertain is only what may have left."""
    run = Run()
    running = asyncio.create_task(submit(make_job(), make_session(run)))
    while not run.reports:
        await asyncio.sleep(0.001)
    await asyncio.sleep(delay)
    run.cancel = Canceled()
    with contextlib.suppress(Canceled):
        await running
    journal = make_session().journal
    await recorded(journal)
    assert [] == journal.in_state(State.SUBMITTING) + journal.in_state(State.UNCERTAIN)
    await submit(make_job(), make_session())
    assert 1 == len(simulator.tasks)


async def test_a_cancel_of_a_list_sends_nothing_more(simulator, make_session, make_job):
    """24 items, canceled while the first two are on their way: those are recorded, 22 unsent."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5, times=None))
    run = Run()
    batch = Batch(canceled=lambda: run.cancel is not None)
    items = [
        asyncio.create_task(submit(make_job(seed=seed), make_session(run, batch=batch)))
        for seed in range(24)
    ]
    await arrived(simulator)
    await asyncio.sleep(0.1)
    run.cancel, began = Canceled(), time.monotonic()
    results = await asyncio.gather(*items, return_exceptions=True)
    assert time.monotonic() - began < 1.0
    assert {Canceled} == {type(result) for result in results}
    await asyncio.sleep(1.0)
    journal = make_session().journal
    assert (2, 2) == (len(simulator.submissions), len(journal.in_state(State.RUNNING)))
    assert [] == journal.in_state(State.SUBMITTING) + journal.in_state(State.UNCERTAIN)


async def test_a_list_waits_for_a_host_that_takes_three_tasks_at_once(
    simulator, make_session, make_job
):
    """429 lasts longer than the retries of one submission: no item is lost, none bought twice."""
    simulator.replace_script(replace(simulator.script, tasks_at_once=3, working_seconds=1.5))
    batch = Batch()
    jobs = [make_job(seed=seed) for seed in range(7)]
    results = await asyncio.gather(
        *(generate(job, make_session(batch=batch, timeout_seconds=300)) for job in jobs)
    )
    attempts = Counter(each["seed"] for each in simulator.submissions)
    assert (7, 7) == (len(simulator.tasks), len({result.task_id for result in results}))
    assert max(attempts.values()) > SUBMIT.attempts
    states = [entry.state for entry in make_session().journal.recent(100)]
    assert [State.FINISHED] * 7 == states


async def test_a_cancel_while_the_host_says_not_now_sends_nothing(
    simulator, make_session, make_job, tmp_path
):
    """It waits for its retry after a 429: nothing was bought, and the record says so.

    Another program has locked the journal, for which SQLite waits 30 s: the cancel does not.
    """
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=429, headers={"Retry-After": "60"}, times=None)
    )
    run = Run()
    running = asyncio.create_task(submit(make_job(), make_session(run, pause=asyncio.sleep)))
    await arrived(simulator)
    await asyncio.sleep(0.2)
    with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite3")) as other:
        other.execute("BEGIN EXCLUSIVE")
        run.cancel, began = Canceled(), time.monotonic()
        with pytest.raises(Canceled):
            await running
        assert time.monotonic() - began < 5
    journal = make_session().journal
    await recorded(journal)
    [entry] = journal.recent(10)
    assert (State.FAILED, "Nothing was sent.") == (entry.state, entry.error)
    assert [] == list(simulator.tasks)


@pytest.mark.parametrize("is_attached", [False, True])
async def test_a_submission_that_was_decided_while_it_waited_is_not_sent(
    simulator, make_session, make_job, is_attached
):
    """Another process found its sender gone while this one stood still, and asked a person.

    A task id that the person gave stays, and is collected.
    """
    simulator.script.faults.append(Fault(on="submit", do="status", status=429))
    journal = make_session().journal

    class Settled(Run):
        async def pause(self, seconds):
            for entry in journal.in_state(State.SUBMITTING):
                entry = journal.uncertain(entry, "its sender is gone")  # noqa: PLW2901
                if is_attached:
                    journal.attach(entry, "given")
            await super().pause(seconds)

    session = make_session(Settled())
    if is_attached:
        assert "given" == await submit(make_job(), session)
        assert 1 == len(journal.in_state(State.RUNNING))
    else:
        with pytest.raises(errors.SubmissionUncertain):
            await submit(make_job(), session)
    assert (0, 1) == (len(simulator.tasks), len(simulator.submissions))


@pytest.mark.parametrize("is_late", [False, True], ids=["in TLS", "after the response"])
async def test_an_error_that_is_not_of_http_is_a_lost_response_or_none(
    simulator, make_session, make_job, monkeypatch, is_late
):
    """TLS and threads have errors of their own; a task id that came is recorded all the same."""
    exchange, run_loop = client.exchange, asyncio.run

    async def broken(*arguments):
        await exchange(*arguments)
        raise ssl.SSLError("bad record")

    def without_threads(call):
        run_loop(call)
        raise RuntimeError("can't start new thread")

    if is_late:
        monkeypatch.setattr(client.asyncio, "run", without_threads)
        task_id = await submit(make_job(), make_session())
        assert [task_id] == [task.id for task in simulator.tasks]
        return
    monkeypatch.setattr(client, "exchange", broken)
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session())
    assert 1 == len(make_session().journal.in_state(State.UNCERTAIN))


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        (DayLimits(max_seconds=10), "Maximum seconds per day"),
        (DayLimits(parse_price("1.00 USD").per_second), "Maximum cost per day"),
    ],
)
async def test_a_list_of_24_cannot_pass_a_limit_of_the_day_together(
    simulator, make_session, make_job, limits, setting
):
    """Videos of 2 s at $0.10 a second: five pass either limit, whoever is first."""
    prices = {"720P": parse_price("0.10 USD")}
    batch = Batch()
    results = await asyncio.gather(
        *(
            submit(make_job(seed=seed), make_session(batch=batch, day_limits=limits, prices=prices))
            for seed in range(24)
        ),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, errors.CostRefused)]
    assert (5, 19) == (len(simulator.submissions), len(refused))
    assert all(setting in str(each) and "Nothing was sent" in str(each) for each in refused)


async def test_a_limit_of_the_day_in_seconds_holds_without_a_price(
    simulator, make_session, make_job
):
    """And what was given up counts: it may have been charged."""
    session = make_session(day_limits=DayLimits(max_seconds=4))
    await submit(make_job(), session)
    session.journal.abandon(session.journal.in_state(State.RUNNING)[0])
    await submit(make_job(seed=1), session)
    with pytest.raises(errors.CostRefused, match="6 s of video today, above your limit of 4 s"):
        await submit(make_job(seed=2), session)
    refused = replace(session, day_limits=DayLimits(max_seconds=4, since=time.time() + 1))
    await submit(make_job(seed=2), refused)  # the next day
    assert 3 == len(simulator.submissions)
