"""A process is killed at any moment, restarted and killed again; later Runs still get the video."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.simulator import Fault

from .child import Child
from .judge import finish, judge, let_time_pass
from .person import ASKS, decide
from .user import run

pytestmark = pytest.mark.chaos

MOST_KILLS = 5
# Slow responses and videos, so that more kills fall into them.
SLOW = (
    Fault(on="submit", do="stall", seconds=0.05, times=None),
    Fault(on="download", do="stall", after_bytes=1000, seconds=0.1, times=None),
)
NOT_NAMED = "objects left in the bucket that no entry names (killed before the entry)"
ENDED = "objects left in the bucket of entries that have ended (killed before the deletion)"


@pytest.mark.cases(few=2, short=8, long=100)
@pytest.mark.parametrize("way", ["inside the request", "through a bucket"])
def test_a_run_killed_at_any_moment_is_neither_lost_nor_bought_twice(number, way, trial, tally, s3):
    """Up to five kills in a row, with images inside the request and in a bucket."""
    tally.name = f"killed at any moment, up to {MOST_KILLS} times in a row, images {way}"
    bucket = (
        {"upload": "s3://media/wan27", "env": s3.environment} if way == "through a bucket" else {}
    )
    with trial.host(working_seconds=0.02, faults=SLOW) as host:
        request = trial.request(host, f"kill {number}", **bucket)
        outcomes, kills = restarted(request, host, trial.chance, seconds_of(request))
        if not (outcomes and outcomes[-1].task_id):
            outcomes += finish(request, host)
        judge(tally, request, host, outcomes, trial.video.read_bytes())
    tally.notes["kills"] += kills
    count_objects(s3, request, tally)
    assert [] == tally.broken


def seconds_of(request):
    """Return how long a Run takes that is not killed, after a first one to warm up."""
    for prompt in ("cold", "warm"):
        began = time.monotonic()
        Child(run, replace(request, folder=request.folder / prompt, prompt=prompt)).end()
    return time.monotonic() - began


def restarted(request, host, chance, whole_seconds):
    """Run and kill until a Run ends before its kill; return the outcomes and the kills.

    A person decides wherever a Run asks for it, so that the next kill hits what follows.
    """
    outcomes = []
    for kills in range(MOST_KILLS):
        child = Child(run, request)
        if not child.has_ended(chance.uniform(0, whole_seconds)):
            child.kill()
            let_time_pass(request.folder)
        outcome = child.end()
        outcomes += [outcome] if outcome else []
        if outcome and outcome.task_id:
            return outcomes, kills
        if outcome and outcome.error in ASKS:
            decide(request, host)
    return outcomes, MOST_KILLS


def count_objects(s3, request, tally):
    """Note what a killed process left in the bucket."""
    named = {one.name for entry in request.journal.recent(1000) for one in entry.uploads}
    left = {key.rpartition("/")[2] for key in s3.objects}
    tally.notes[NOT_NAMED] += len(left - named)
    tally.notes[ENDED] += len(left & named)
