"""Waiting in slices: the tick comes often, and what it raises ends the work."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise

import pytest

from .conftest import Run


class Stop(BaseException):
    """A cancel."""


async def test_the_tick_comes_at_least_every_quarter_of_a_second(make_session):
    """Whatever is waited for."""
    times = []
    session = make_session(tick=lambda: times.append(time.monotonic()), pause=asyncio.sleep)
    await session.sleep(0.9)
    assert 0.25 > max(later - earlier for earlier, later in pairwise(times))


async def test_a_tick_that_raises_cancels_what_was_waited_for(make_session):
    """The work is gone when the error arrives."""
    run, work = Run(), asyncio.ensure_future(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.1, lambda: setattr(run, "cancel", Stop()))
    with pytest.raises(Stop):
        await make_session(run).ticking(work)
    assert work.cancelled()


async def test_work_in_a_thread_is_stopped_by_its_check(make_session):
    """The thread hears of the cancel at its next check, though the tick that raised was not its own."""
    run, ended = Run(), threading.Event()

    def work(check):
        try:
            while True:
                check()
                time.sleep(0.01)
        finally:
            ended.set()

    asyncio.get_running_loop().call_later(0.1, lambda: setattr(run, "cancel", Stop()))
    with pytest.raises(Stop):
        await make_session(run).in_thread(work)
    assert await asyncio.to_thread(ended.wait, 1)


async def test_results_and_errors_pass_through(make_session):
    """What the work returns or raises is what the waiter gets."""
    session = make_session()
    assert 3 == await session.in_thread(lambda _: 3)
    with pytest.raises(ZeroDivisionError):
        await session.in_thread(lambda _: 1 // 0)
