"""What a person must decide: a request without a response, and a paid task without a video.

Until then no Run submits it again; afterwards it is as decided.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.session import Batch

from .api.raw_host import RESPONSE, response
from .conftest import Run

NO_RESPONSE = Fault(on="submit", do="status_after_body", status=504)
UNKNOWN = Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=6)


async def doubtful(simulator, make_session, make_job):
    """Return the session and entry of a request whose response was lost, and the host's task."""
    simulator.script.faults.append(NO_RESPONSE)
    session = make_session()
    with pytest.raises(errors.SubmissionUncertain) as raised:
        await submit(make_job(), session)
    return session, session.journal.find_entry(*raised.value.entry), simulator.tasks[-1]


async def test_three_runs_and_six_equal_items_after_a_lost_response_send_nothing(
    simulator, make_session, make_job
):
    """One POST, whatever follows it: only a person ends the doubt."""
    await doubtful(simulator, make_session, make_job)
    for _ in range(3):
        with pytest.raises(errors.SubmissionUncertain, match="is not sent again"):
            await generate(make_job(), make_session())
    results = await asyncio.gather(
        *(generate(make_job(), make_session()) for _ in range(6)), return_exceptions=True
    )
    assert {errors.SubmissionUncertain} == {type(result) for result in results}
    assert 1 == len(simulator.submissions)


async def test_six_equal_items_of_which_the_first_is_lost_send_one_post(
    simulator, make_session, make_job
):
    """In the same Run, with one batch, as the items of a list are."""
    simulator.script.faults.append(NO_RESPONSE)
    batch = Batch()
    results = await asyncio.gather(
        *(generate(make_job(), make_session(batch=batch)) for _ in range(6)),
        return_exceptions=True,
    )
    assert {errors.SubmissionUncertain} == {type(result) for result in results}
    assert 1 == len(simulator.submissions)


async def test_a_lost_response_stops_what_its_prompt_has_not_sent(
    simulator, make_session, make_job
):
    """Two submissions wait at a time; the other items of the list send nothing, and say so.

    After the decision, the next Run buys each of them once.
    """
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.2))
    simulator.script.faults.append(NO_RESPONSE)
    simulator.script.faults.extend([Fault(on="submit", do="stall", seconds=0.2)] * 3)
    batch = Batch()
    results = await asyncio.gather(
        *(submit(make_job(seed=seed), make_session(batch=batch)) for seed in range(8)),
        return_exceptions=True,
    )
    kinds = [type(result) for result in results]
    assert 1 == kinds.count(errors.SubmissionUncertain)
    assert len(simulator.submissions) == 8 - kinds.count(errors.NotSent) < 8
    assert all("nothing was sent" in str(each) for each in results if "NotSent" in str(type(each)))
    journal = make_session().journal
    journal.abandon(journal.in_state(State.UNCERTAIN)[0])
    simulator.script.faults.clear()
    await asyncio.gather(*(submit(make_job(seed=seed), make_session()) for seed in range(8)))
    assert 9 == len(simulator.submissions)  # the one that was given up is sent a second time


async def test_the_id_that_a_person_found_is_collected(simulator, make_session, make_job):
    """By the Run of its request, for free."""
    session, entry, task = await doubtful(simulator, make_session, make_job)
    session.journal.attach(entry, task.id)
    assert task.id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


async def test_an_id_that_task_poll_collected_first_is_merged(simulator, make_session, make_job):
    """The user follows the old advice: Task Poll, then the graph. Nothing is bought again."""
    session, entry, task = await doubtful(simulator, make_session, make_job)
    polled = await collect(task.id, make_session())
    with pytest.raises(errors.SubmissionUncertain):
        await generate(make_job(), make_session())
    session.journal.attach(entry, task.id)
    assert polled == await generate(make_job(), make_session())
    assert (1, 1) == (len(simulator.submissions), len(session.journal.recent(10)))


async def test_an_id_of_the_wrong_task_is_taken_back(simulator, make_session, make_job):
    """Its video stays under its id; the request is uncertain again, then collects the right one.

    The sidecar of the wrong video names the request, and must not bring it back.
    """
    session, entry, task = await doubtful(simulator, make_session, make_job)
    simulator.new_task(dict(task.body))
    wrong = simulator.tasks[-1]
    session.journal.attach(entry, wrong.id)
    wrong_video = await generate(make_job(), make_session())
    assert wrong.id == wrong_video.task_id
    entry = session.journal.detach(session.journal.find_task(entry.host, wrong.id))
    with pytest.raises(errors.SubmissionUncertain):
        await generate(make_job(), make_session())
    assert wrong_video == await collect(wrong.id, make_session())
    session.journal.attach(entry, task.id)
    assert task.id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


async def test_a_request_that_was_given_up_after_a_wrong_id_is_sent_again(
    simulator, make_session, make_job
):
    """The wrong video is there, and its sidecar names the request: the journal knows better."""
    session, entry, _ = await doubtful(simulator, make_session, make_job)
    simulator.new_task(dict(simulator.tasks[-1].body))
    wrong = simulator.tasks[-1].id
    session.journal.attach(entry, wrong)
    await generate(make_job(), make_session())
    session.journal.abandon(session.journal.detach(session.journal.find_task(entry.host, wrong)))
    result = await generate(make_job(), make_session())
    assert (2, False) == (len(simulator.submissions), result.task_id == wrong)


@pytest.mark.parametrize(
    "fault",
    [
        UNKNOWN,
        Fault(on="task", do="status", status=500, reason="TASK_FAILED", times=None),
    ],
)
async def test_a_wrong_id_without_a_video_is_taken_back_by_itself(
    simulator, make_session, make_job, fault
):
    """The request is uncertain as before, and the message names the id that was wrong."""
    session, entry, task = await doubtful(simulator, make_session, make_job)
    session.journal.attach(entry, "mistyped")
    simulator.script.faults.append(fault)
    with pytest.raises(errors.SubmissionUncertain, match="Task mistyped, given to this request"):
        await generate(make_job(), make_session())
    simulator.script.faults.clear()
    [again] = session.journal.in_state(State.UNCERTAIN)
    assert (entry.id, None) == (again.id, again.task_id)
    session.journal.attach(again, task.id)
    assert task.id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


async def test_a_request_that_a_person_gave_up_is_sent_again_once(
    simulator, make_session, make_job
):
    """And never a third time."""
    session, entry, _ = await doubtful(simulator, make_session, make_job)
    session.journal.abandon(entry)
    first = await generate(make_job(), make_session())
    assert first == await generate(make_job(), make_session())
    assert 2 == len(simulator.submissions)


async def test_a_running_task_that_a_person_gave_up_is_not_waited_for(
    simulator, make_session, make_job
):
    """The person submits again; the first task stays in the journal and can be collected."""
    first = await submit(make_job(), make_session())
    journal = make_session().journal
    journal.abandon(journal.in_state(State.RUNNING)[0])
    second = await generate(make_job(), make_session())
    assert first != second.task_id
    assert first == (await collect(first, make_session())).task_id
    assert second == await generate(make_job(), make_session())
    assert 2 == len(simulator.submissions)


async def test_a_response_that_comes_after_the_request_was_given_up_is_recorded(
    simulator, make_session, make_job
):
    """The host answers when the person has decided already: its task is found, not bought again."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.8))
    session = make_session()
    running = asyncio.create_task(submit(make_job(), session))
    while not simulator.submissions:
        await asyncio.sleep(0.02)
    [entry] = session.journal.in_state(State.SUBMITTING)
    session.journal.abandon(session.journal.uncertain(entry, "decided too early"))
    task_id = await running
    known = session.journal.find_task(entry.host, task_id)
    assert (entry.id, State.RUNNING) == (known.id, known.state)
    assert task_id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


def give_up(journal, state):
    """Move the running task of a journal to a state in which no Run waits for it."""
    entry = journal.in_state(State.RUNNING)[0]
    if state is State.ABANDONED:
        return journal.abandon(entry)
    return (journal.lost if state is State.LOST else journal.failed)(entry, "a passing error")


@pytest.mark.parametrize("state", [State.LOST, State.FAILED, State.ABANDONED])
async def test_late_good_news_of_a_given_up_task_wins(simulator, make_session, make_job, state):
    """Task Poll gets the video of a task that was given up; the Run of its request finds it."""
    task_id = await submit(make_job(), make_session())
    give_up(make_session().journal, state)
    polled = await collect(task_id, make_session())
    assert polled == await generate(make_job(), make_session())
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize("state", [State.LOST, State.FAILED, State.ABANDONED])
async def test_a_given_up_task_that_runs_after_all_is_running(
    simulator, make_session, make_job, state
):
    """Task Poll sees it run and stops waiting; the Run of its request waits and buys none."""
    simulator.script.working_seconds = 1.0
    task_id = await submit(make_job(), make_session())
    journal = make_session().journal
    entry = give_up(journal, state)
    with pytest.raises(errors.StillRunning):
        await collect(task_id, make_session(timeout_seconds=0.1))
    assert State.RUNNING is journal.find_task(entry.host, task_id).state
    assert task_id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


async def test_a_lost_task_that_the_host_finds_again_is_collected_by_its_run(
    simulator, make_session, make_job
):
    """Each Run asks the host once, which is free."""
    task_id = await submit(make_job(), make_session())
    simulator.script.faults.append(UNKNOWN)
    with pytest.raises(errors.TaskLost):
        await generate(make_job(), make_session())
    assert task_id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize("wait", [True, False])
async def test_a_lost_task_stops_the_run_with_and_without_waiting(
    simulator, make_session, make_job, wait
):
    """A node that does not wait must not hand out a dead id."""
    await submit(make_job(), make_session())
    simulator.script.faults.append(Fault(on="task", do="status", status=404, times=None))
    with pytest.raises(errors.TaskLost):
        await generate(make_job(), make_session())
    with pytest.raises(errors.TaskLost, match="choose Submit again"):
        await (generate if wait else submit)(make_job(), make_session())
    assert 1 == len(simulator.submissions)


def task_response(status, videos=(), reason=""):
    """Return a documented response about a task."""
    task = {"task_id": "t1", "status": status, "reason": reason, "progress_percent": 100}
    return json.dumps({"task": task, "videos": list(videos)}).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (task_response("TASK_STATUS_SUCCEED"), "names no video"),
        (task_response("TASK_STATUS_SUCCEED", [{}]), "no valid video_url"),
        (task_response("TASK_STATUS_UNKNOWN"), "no longer knows the task"),
        (
            task_response(
                "TASK_STATUS_SUCCEED", [{"video_url": "https://a.example/1", "video_type": "gif"}]
            ),
            "'gif' instead of an mp4",
        ),
    ],
)
async def test_a_task_that_ends_without_an_mp4_has_an_end_and_a_way_out(
    raw_session, make_job, raw_host, content, reason
):
    """It was paid for, so it is not bought again; the message says what to do, and that works."""
    raw_host.play = lambda peer: peer.respond(RESPONSE, to_get=response(content))
    session = raw_session()
    for _ in range(2):
        with pytest.raises(errors.TaskLost, match=reason) as raised:
            await generate(make_job(), session)
        assert "enter that id" in str(raised.value)
        assert "choose Submit again" in str(raised.value)
    assert 1 == raw_host.posts
    session.journal.abandon(session.journal.find_entry(*raised.value.entry))
    with pytest.raises(errors.TaskNotRecorded):  # this host gives the same id a second time
        await generate(make_job(), session)
    assert 2 == raw_host.posts


async def test_a_failure_that_comes_as_http_500_ends_the_task(simulator, make_session, make_job):
    """500 TASK_FAILED is the task's end and not the host's trouble: the next Run submits again."""
    simulator.script.faults.append(
        Fault(on="task", do="status", status=500, reason="TASK_FAILED", times=None)
    )
    with pytest.raises(errors.TaskFailed, match="Run again to submit a new task"):
        await generate(make_job(), make_session())
    simulator.script.faults.clear()
    await generate(make_job(), make_session())
    assert 2 == len(simulator.submissions)


async def test_a_failure_of_a_task_that_had_its_video_is_a_loss(simulator, make_session, make_job):
    """It was paid for, whatever the host says of it now: a person decides."""
    session = make_session()
    first = await generate(make_job(), session)
    first.path.unlink()
    simulator.script.faults.append(
        Fault(on="task", do="status", status=500, reason="TASK_FAILED", times=None)
    )
    for _ in range(2):
        with pytest.raises(errors.TaskLost, match="says that it failed"):
            await generate(make_job(), make_session())
    assert 1 == len(simulator.submissions)
    assert State.LOST is session.journal.find_task(session.account.host_id, first.task_id).state


@pytest.mark.v3
async def test_the_error_names_its_entry_and_says_what_may_have_been_charged(
    simulator, make_session, make_job
):
    """The page makes its two buttons of them."""
    simulator.script.faults.append(NO_RESPONSE)
    session = make_session(Run())
    with pytest.raises(errors.SubmissionUncertain) as raised:
        await submit(make_job(), session)
    number, created = raised.value.entry
    entry = Journal(session.journal._database.path).find_entry(number, created)
    assert (State.UNCERTAIN, entry.created) == (entry.state, created)
    assert "Novita did not answer after the request was sent at" in str(raised.value)
