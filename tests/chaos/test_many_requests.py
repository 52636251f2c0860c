"""Hundreds of requests in one event loop: all end, and nothing stays open."""

from __future__ import annotations

import pytest

from wan27.limits import MEGABYTE

from .batches import two_batches
from .child import Child

pytestmark = pytest.mark.chaos

COUNTS = {"few": 20, "short": 60, "long": 200}
WORKING_SECONDS = 2.0
# Of the wall time to the host's: a busy machine stays below this, unbounded growth does not.
MOST_RATIO = 15
MOST_MEGABYTES = 32


def test_many_requests_leave_nothing_open(size, trial, tally):
    """The second batch adds no files, threads, asyncio tasks or memory to those of the first."""
    count = COUNTS[size]
    tally.name = f"{count} requests in one event loop, twice"
    with trial.host(working_seconds=WORKING_SECONDS) as host:
        request = trial.request(host, "many", pause_seconds=0.5)
        first, second = Child(two_batches, request, count).end()
        tally.cases, tally.bought = 2 * count, len(host.tasks)
    tally.twice = max(0, tally.bought - tally.cases)
    tally.lost = tally.cases - first.finished - second.finished
    for what in ("files", "threads", "tasks"):
        if (grown := getattr(second, what) - getattr(first, what)) > 0:
            tally.wrong.append(f"the second batch left {grown} more {what} open")
    grown_megabytes = (second.bytes - first.bytes) // MEGABYTE
    if grown_megabytes > MOST_MEGABYTES:
        tally.wrong.append(f"the second batch kept {grown_megabytes} MB")
    if second.seconds > MOST_RATIO * WORKING_SECONDS:
        tally.wrong.append(f"the second batch took {second.seconds:.0f} s, the host 2 of them")
    tally.notes["seconds of the second batch, of which the host needs 2"] = round(second.seconds)
    tally.notes["MB more after it"] = grown_megabytes
    assert [] == tally.broken
