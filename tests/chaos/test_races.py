"""One request, submitted by several processes, threads or coroutines at the same moment."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .child import Child
from .judge import finish, judge
from .user import run_at, run_here

pytestmark = pytest.mark.chaos

MOST = 6
TOGETHER_SECONDS = 0.15  # until all are ready


def processes(request, count, _chance):
    """Run the request in several processes."""
    moment = time.time() + TOGETHER_SECONDS
    return outcomes_of([Child(run_at, request, moment) for _ in range(count)])


def processes_and_a_kill(request, count, chance):
    """Run the request in several processes, and kill one of them."""
    moment = time.time() + TOGETHER_SECONDS
    children = [Child(run_at, request, moment) for _ in range(count)]
    time.sleep(max(0.0, moment - time.time()) + chance.uniform(0, 0.3))
    chance.choice(children).kill()
    return outcomes_of(children)


def threads(request, count, _chance):
    """Run the request in several threads, each with its own event loop."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: asyncio.run(run_here(request)), range(count)))


def presses(request, count, _chance):
    """Press Run several times."""

    async def pressed():
        return list(await asyncio.gather(*(run_here(request) for _ in range(count))))

    return asyncio.run(pressed())


def outcomes_of(children):
    """Return the outcomes of the processes that were not killed."""
    return [outcome for outcome in (child.end() for child in children) if outcome]


ROWS = {
    f"one request, 2 to {MOST} processes at once": processes,
    f"one request, 2 to {MOST} processes at once, one of them killed": processes_and_a_kill,
    f"one request, 2 to {MOST} threads at once": threads,
    f"one request, Run pressed 2 to {MOST} times": presses,
}


@pytest.mark.cases(few=1, short=5, long=40)
@pytest.mark.parametrize("row", ROWS)
def test_one_request_at_the_same_moment_is_bought_once(number, row, trial, tally):
    """One submits, the others collect its task, and all end alike."""
    tally.name = row
    with trial.host(working_seconds=0.02) as host:
        request = trial.request(host, f"{ROWS[row].__name__} {number}")
        outcomes = ROWS[row](request, trial.chance.randint(2, MOST), trial.chance)
        is_killed = ROWS[row] is processes_and_a_kill
        if not is_killed and len(set(outcomes)) != 1:
            tally.wrong.append(f"{request.prompt}: ended differently: {set(outcomes)}")
        outcomes += finish(request, host)
        video = trial.video.read_bytes()
        judge(tally, request, host, outcomes, video, parts_may_stay=is_killed)
    assert [] == tally.broken
