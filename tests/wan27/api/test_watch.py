"""When a task is asked for again, and the end that is shown, whatever the host says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.protocols.port import Status, Task
from wan27.api.watch import Watch

NUMBERS = st.floats(0, 1e9, allow_nan=False)  # what the parsers let through
RESPONSES = st.builds(
    Task,
    status=st.sampled_from([Status.QUEUED, Status.PROCESSING]),
    percent=st.floats(0, 100),
    eta_seconds=st.none() | NUMBERS,
    reason=st.just(""),
    video_url=st.none(),
)


def processing(percent=0.0, eta=None):
    return Task(Status.PROCESSING, percent, eta, "", None)


QUEUED = Task(Status.QUEUED, 0.0, None, "", None)


def old_rhythm(until):
    """Return how many requests every version made by then that looked at nothing."""
    now, wait, count = 0.0, 1.0, 0
    while (now := now + wait) <= until:
        count, wait = count + 1, min(wait * 1.5, 5.0)
    return count


@given(
    st.lists(st.tuples(RESPONSES, st.floats(0, 600)), min_size=1, max_size=80),
    st.lists(st.floats(0, 1e6), max_size=8),
    st.floats(-1e6, 1e6),
    st.floats(0.8, 1.2),
    st.integers(1, 100),
)
def test_no_host_and_no_history_makes_it_ask_too_often_or_never(
    responses, durations, age, jitter, tasks
):
    """Waits are 1 s or longer and finite; by five minutes there are no more than by 5 s each."""
    watch, now, waits = Watch(0.0, age, durations), age, []
    now += watch.next_wait(now, tasks, lambda seconds: seconds * jitter)
    for response, asked in (responses * 80)[:80]:
        watch.saw(response, now, asked)
        assert watch.ends is None or math.isfinite(watch.ends)
        waits.append(watch.next_wait(now, tasks, lambda seconds: seconds * jitter))
        now += waits[-1]
        requests = len(waits) + 1
        assert requests <= old_rhythm(300) + max(0.0, now - age - 300) / 5 + 1
    assert max(1.0, tasks / 20) <= min(waits)
    assert 25 >= max(waits)


def looks(watch, end, say, until=600.0):
    """Watch a task without jitter; return the times of the requests."""
    now, times = 0.0, []
    while now < until:
        now += watch.next_wait(now, jitter=lambda seconds: seconds)
        times.append(now)
        if now >= end:
            break
        watch.saw(say(now), now)
    return times


@pytest.mark.parametrize("queue", [0.0, 120.0])
def test_it_asks_rarely_until_the_end_is_near_and_then_every_second(queue):
    """As earlier tasks of its kind took; after a long time in the queue too."""
    watch = Watch(0.0, 0.0, [88.0, 90.0, 91.0, 92.0, 90.0, 89.0, 91.0, 90.0])
    times = looks(watch, queue + 90.5, lambda now: QUEUED if now < queue else processing())
    assert 1.0 >= times[-1] - queue - 90.5
    assert 6 >= len([each for each in times if queue + 5 < each < queue + 60])


def test_a_host_that_counts_to_the_end_is_believed_and_one_that_sticks_is_not():
    """The first is noticed within a second; the second costs no more than one that is silent."""
    honest = looks(Watch(0.0, 0.0), 70.5, lambda now: processing(eta=70.5 - now))
    assert 1.0 >= honest[-1] - 70.5
    stuck = looks(Watch(0.0, 0.0), 300.0, lambda _: processing(eta=1.0))
    assert len(stuck) == old_rhythm(300)


def test_the_end_is_shown_from_the_first_second_and_stays():
    """It follows what earlier tasks took, and the host's percent only where that says otherwise."""
    watch = Watch(1000.0, 1000.5, [120.0] * 8)
    assert 1120 == round(watch.ends)
    shown = set()
    for age in range(1, 110, 3):
        watch.saw(processing(percent=100 * age / 118), 1000.0 + age)
        shown.add(round(watch.ends))
    assert {1120} == shown
    slower = Watch(0.0, 0.0, [120.0] * 8)
    looks(slower, 300.0, lambda now: processing(percent=now / 3), until=100.0)
    assert 280 < slower.ends < 320


def test_a_host_stuck_at_one_second_left_shows_no_end():
    """It says nothing; and in a queue of minutes no one knows the end either."""
    watch = Watch(0.0, 0.0)
    looks(watch, 300.0, lambda _: processing(eta=1.0), until=30.0)
    assert watch.ends is None
    waiting = Watch(0.0, 0.0, [90.0])
    looks(waiting, 300.0, lambda _: QUEUED, until=60.0)
    assert waiting.ends is None


def test_only_a_task_that_was_watched_says_how_long_it_takes():
    """Without its time in the queue, and nothing where it ended while no one looked."""
    watch = Watch(0.0, 0.5)
    watch.saw(QUEUED, 20.0)
    watch.saw(processing(), 60.0)
    watch.saw(processing(), 80.0)
    assert 61.0 == watch.took(82.0)
    assert watch.took(80.0 + 3600) is None
    assert Watch(0.0, 0.5).took(3.0) is None
    later = Watch(0.0, 7200.0)
    later.saw(processing(), 7200.0)
    assert later.took(7205.0) is None
