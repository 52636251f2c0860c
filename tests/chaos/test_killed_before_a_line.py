"""A process is killed before the N-th line of the paid path; later Runs still get the video."""

from __future__ import annotations

from pathlib import Path

import pytest

from .child import Child
from .judge import finish, judge, let_time_pass
from .lines import count_lines, run_until

pytestmark = pytest.mark.chaos

# When these run, the task's id is on disk.
AFTERWARDS = {"poll.py", "download.py", "part_file.py", "ranges.py"}


@pytest.fixture(scope="module")
def line_count(new_trial):
    """The number of lines of a complete Run."""
    trial = new_trial()
    with trial.host(working_seconds=0.02) as host:
        return Child(count_lines, trial.request(host, "counted")).end()


@pytest.mark.cases(few=6, short=40, long=60)
def test_a_run_killed_before_a_line_is_neither_lost_nor_bought_twice(
    number, cases, line_count, trial, tally, size
):
    """Each case kills before one line of its share of them or, in a long run, before each."""
    tally.name = "killed before a line of the paid path"
    first, end = (1 + line_count * edge // cases for edge in (number, number + 1))
    chosen = range(first, end) if size == "long" else [trial.chance.randrange(first, end)]
    with trial.host(working_seconds=0.02) as host:
        for line in chosen:
            kill_before(line, trial, host, tally)
    tally.notes["at most, lines in a whole Run"] = line_count
    assert [] == tally.broken


def kill_before(line, trial, host, tally):
    """Kill one Run before this line, and finish it."""
    request = trial.request(host, f"line {line}")
    where = request.folder / "where"
    completed = Child(run_until, request, line, where).end()
    let_time_pass(request.folder)
    outcomes = [completed] if completed else finish(request, host)
    line_killed = where.read_text() if where.exists() else "not killed"
    judge(tally, request, host, outcomes, trial.video.read_bytes(), line_killed)
    is_known = where.exists() and Path(line_killed.partition(":")[0]).name in AFTERWARDS
    if is_known and any(each.error for each in outcomes):
        tally.wrong.append(f"line {line}, {line_killed}: the next Run did not know the task's id")
    tally.notes["the Run ended before its line came"] += completed is not None
