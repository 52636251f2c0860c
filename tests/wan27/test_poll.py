"""Polling: what the last tasks took is the forecast of the next."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.states import State
from wan27.session import Phase

from .conftest import Run

BODY = {"duration": 2, "resolution": "720P", "seed": 1}


@pytest.fixture
def watched(simulator):
    """Return a function that returns a run whose task is seen in processing, and then done."""
    simulator.script.working_seconds = 600

    class Watched(Run):
        async def pause(self, seconds):
            if self.waits:
                simulator.tasks[len(simulator.tasks) - 1].working_seconds = 0
            await super().pause(seconds)

    return Watched


def durations_file(session):
    """Return the file of the session's journal."""
    return session.folder.parent / "state" / "durations.json"


async def test_a_task_is_forecast_by_what_the_last_of_its_kind_took(
    simulator, make_session, make_job, watched
):
    """Host, resolution and length are its kind; a task that ended before the look says nothing."""
    session = make_session(watched())
    await generate(make_job(seed=1), session)
    known = json.loads(durations_file(session).read_text("utf-8"))
    ((kind, (seconds,)),) = known.items()
    assert kind.endswith(" 720P 2 s")
    assert 1.0 <= seconds

    await submit(make_job(seed=2), make_session())
    simulator.tasks[1].working_seconds = 0
    await generate(make_job(seed=2), make_session())
    assert known == json.loads(durations_file(session).read_text("utf-8"))

    durations_file(session).write_text(json.dumps({kind: [600.0]}), "utf-8")
    ends = []
    for job in (make_job(seed=3), make_job(seed=4, duration=3)):
        run = watched()
        await generate(job, make_session(run))
        queued = next(each for each in run.reports if each.phase is Phase.QUEUED)
        ends.append(queued.ends and round(queued.ends - queued.since))
    assert [600, None] == ends


async def test_a_damaged_file_of_durations_is_nothing(make_session, make_job, watched):
    """The task is collected, and the file is written again."""
    file = durations_file(make_session())
    file.parent.mkdir(parents=True)
    for number, content in enumerate(("[1]", "{", '{"a": 1}', "[" * 100_000)):
        file.write_text(content, "utf-8")
        await generate(make_job(seed=number), make_session(watched()))
        assert 1 == len(json.loads(file.read_text("utf-8")))


def unknown(times):
    """Return the fault of a host that does not find a task, so many times."""
    return Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=times)


async def test_an_id_that_a_person_gave_is_looked_up_within_seconds(
    simulator, make_session, make_job
):
    """By Task Poll, and by the Run of the request that it was attached to; both say so."""
    run = Run()
    with pytest.raises(errors.TaskUnknown):
        await collect("mistyped", make_session(run))
    assert sum(run.waits) < 5
    assert [Phase.LOOKING_UP] == [each.phase for each in run.reports]

    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    with pytest.raises(errors.SubmissionUncertain):
        await submit(make_job(), make_session())
    run = Run()
    session = make_session(run)
    session.journal.attach(session.journal.in_state(State.UNCERTAIN)[0], "mistyped")
    with pytest.raises(errors.SubmissionUncertain, match="Task mistyped"):
        await generate(make_job(), session)
    assert sum(run.waits) < 5
    assert [Phase.LOOKING_UP] == [each.phase for each in run.reports]
    assert 1 == len(session.journal.in_state(State.UNCERTAIN))


async def test_an_id_from_elsewhere_survives_a_host_that_does_not_find_it_twice(
    simulator, make_session
):
    """Three looks, within seconds."""
    simulator.new_task(BODY)
    simulator.script.faults.append(unknown(2))
    task_id = simulator.tasks[-1].id
    assert task_id == (await collect(task_id, make_session())).task_id


async def test_a_task_of_hours_ago_is_looked_up_and_one_of_this_minute_is_waited_for(
    simulator, make_session, make_job, monkeypatch
):
    """What is new may not be there yet; what is old and unknown is a person's decision."""
    await submit(make_job(), make_session())
    simulator.script.faults.append(unknown(5))
    run = Run()
    await generate(make_job(), make_session(run))
    assert 40 < sum(run.waits)
    assert Phase.QUEUED is run.reports[0].phase

    await submit(make_job(seed=1), make_session())
    simulator.script.faults.append(unknown(3))
    monkeypatch.setattr("wan27.poll._NEW_SECONDS", 0.0)
    run = Run()
    with pytest.raises(errors.TaskLost):
        await generate(make_job(seed=1), make_session(run))
    assert sum(run.waits) < 5
    assert Phase.LOOKING_UP is run.reports[0].phase
    await generate(make_job(seed=1), make_session())  # each Run asks again


@pytest.mark.parametrize(
    ("fault", "least_seconds", "shows"),
    [
        (unknown(5), 40, Phase.PROCESSING),
        # A task may succeed before its video is in place.
        (
            Fault(
                on="task",
                do="status",
                status=200,
                body={"task": {"status": "TASK_STATUS_SUCCEED"}, "videos": []},
                times=5,
            ),
            40,
            Phase.PROCESSING,
        ),
        (Fault(on="task", do="drop_before_body", times=20), 600, Phase.NO_ANSWER),
    ],
    ids=["unknown", "no video yet", "no network"],
)
async def test_a_task_that_was_seen_running_is_waited_for_when_it_is_lost(
    simulator, make_session, watched, fault, least_seconds, shows
):
    """However it was named: it was there a moment ago. A line may be down for ten minutes.

    The node says so meanwhile.
    """

    class Losing(watched):
        async def pause(self, seconds):
            if 1 == len(self.waits):
                simulator.script.faults.append(replace(fault))
            await super().pause(seconds)

    simulator.new_task(BODY)
    run = Losing()
    task_id = simulator.tasks[-1].id
    session = make_session(run, timeout_seconds=3600)
    assert task_id == (await collect(task_id, session)).task_id
    assert least_seconds < sum(run.waits)
    waiting = [each.phase for each in run.reports if each.phase is not Phase.DOWNLOADING]
    assert shows is waiting[-1]


async def test_the_404_of_a_proxy_says_nothing_of_the_task(simulator, make_session, make_job):
    """An id that a person gave stays given, and the next Run collects it."""
    task_id = await submit(make_job(), make_session())
    session = make_session()
    [entry] = session.journal.in_state(State.RUNNING)
    session.journal.attach(entry, task_id)
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, body="<h1>404 page not found</h1>")
    )
    with pytest.raises(errors.RequestRefused):
        await generate(make_job(), session)
    assert [State.RUNNING] == [each.state for each in session.journal.recent(9)]
    assert task_id == (await generate(make_job(), make_session())).task_id
