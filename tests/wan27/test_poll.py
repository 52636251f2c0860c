"""Polling: what the last tasks took is the forecast of the next."""

from __future__ import annotations

import json

import pytest

from wan27.generate import generate, submit
from wan27.session import Phase

from .conftest import Run


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
