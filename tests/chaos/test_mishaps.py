"""Mishaps between the Runs of one request, in any order: bought once, and its video arrives."""

from __future__ import annotations

import pytest

from .child import Child
from .judge import finish, judge, let_time_pass
from .mishaps import MISHAPS, Desk, any_clock, run_by_clock
from .user import Outcome

pytestmark = pytest.mark.chaos

MOST_MISHAPS = 6


@pytest.mark.cases(few=3, short=20, long=150)
def test_no_mishap_between_two_runs_buys_a_second_video(number, trial, tally):
    """Lost responses, broken files, lost and moved folders, new keys, wrong clocks, some kills."""
    tally.name = f"mishaps between two Runs, up to {MOST_MISHAPS} in a row"
    with trial.host(working_seconds=0.02) as host:
        desk = Desk(trial.request(host, f"mishaps {number}"), host, trial.chance)
        outcomes, told = [], []
        for mishap in desk.chance.choices(MISHAPS, k=desk.chance.randint(2, MOST_MISHAPS)):
            mishap(desk)
            told.append(mishap.__name__)
            outcomes += one_run(desk, tally)
        host.script.faults.clear()
        outcomes += finish(desk.request, host)
        judge(tally, desk.request, host, outcomes, trial.video.read_bytes(), ", ".join(told))
    assert [] == tally.broken


def one_run(desk, tally):
    """Run once by some clock, and kill one Run in five; return its outcome unless it was killed."""
    child = Child(run_by_clock, desk.request, any_clock(desk))
    if desk.chance.random() < 0.2 and not child.has_ended(desk.chance.uniform(0, 0.5)):
        child.kill()
        tally.notes["kills"] += 1
    outcome = child.end()
    let_time_pass(desk.request.folder)
    return [outcome] if isinstance(outcome, Outcome) else []
