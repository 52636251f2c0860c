"""Waiting in slices: the tick is called often, and an error from it ends the work."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise

import pytest

from .conftest import Run


class Cancelled(BaseException):
    """A cancel from ComfyUI."""


async def test_the_tick_is_called_every_quarter_of_a_second(make_session):
    """While the session waits, at least this often."""
    times = []
    session = make_session(tick=lambda: times.append(time.monotonic()), pause=asyncio.sleep)
    await session.sleep(0.9)
    assert 0.25 > max(later - earlier for earlier, later in pairwise(times))


async def test_a_tick_that_raises_cancels_the_work(make_session):
    """The work has ended when the error arrives."""
    run, work = Run(), asyncio.ensure_future(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.1, lambda: setattr(run, "cancel", Cancelled()))
    with pytest.raises(Cancelled):
        await make_session(run).ticking(work)
    assert work.cancelled()


async def test_a_check_in_a_thread_raises_the_cancel(make_session):
    """At its next check the thread sees the cancel, which another tick raised."""
    run, ended = Run(), threading.Event()

    def work(check):
        try:
            while True:
                check()
                time.sleep(0.01)
        finally:
            ended.set()

    asyncio.get_running_loop().call_later(0.1, lambda: setattr(run, "cancel", Cancelled()))
    with pytest.raises(Cancelled):
        await make_session(run).in_thread(work)
    assert await asyncio.to_thread(ended.wait, 1)


async def test_results_and_errors_of_a_thread_reach_the_caller(make_session):
    """Both arrive unchanged."""
    session = make_session()
    assert 3 == await session.in_thread(lambda _: 3)
    with pytest.raises(ZeroDivisionError):
        await session.in_thread(lambda _: 1 // 0)
