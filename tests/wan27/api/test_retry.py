"""The retry policy: what is retried, how long it waits, and that it always ends."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.retry import (
    DOWNLOAD,
    LONGEST_SUBMISSION_SECONDS,
    READ,
    SUBMIT,
    Retry,
    parse_retry_after,
    retrying,
)
from wan27.errors import HostFailed, HostUnreachable, RateLimited, RequestRefused


class Calls:
    """A call that fails as listed and then succeeds; waits are recorded, not waited."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.waits = []

    async def __call__(self):
        if self.errors:
            raise self.errors.pop(0)
        return "response"

    async def sleep(self, seconds):
        self.waits.append(seconds)


def slow(retry_after=None):
    return RateLimited("slow", status=429, retry_after_seconds=retry_after)


async def test_waits_grow():
    """Each wait is about twice the last, with jitter."""
    calls = Calls(*[HostUnreachable("x")] * 4)
    assert "response" == await retrying(calls, READ, calls.sleep)
    assert [True] * 4 == [0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(calls.waits)]


async def test_retry_after_replaces_the_wait_up_to_a_cap():
    """A host cannot park a node for an hour."""
    calls = Calls(slow(2.0), slow(3600.0))
    await retrying(calls, READ, calls.sleep)
    assert [2.0, READ.max_retry_after_seconds] == calls.waits


@pytest.mark.parametrize(
    ("policy", "retried"),
    [(SUBMIT, {HostUnreachable, RateLimited}), (READ, {HostUnreachable, RateLimited, HostFailed})],
)
def test_a_submission_is_retried_only_where_nothing_can_have_been_bought(policy, retried):
    """A host's 5xx retries a read and never a submission."""
    assert retried == set(policy.on)


async def test_other_errors_are_raised_at_once():
    """A refused request is not retried."""
    calls = Calls(RequestRefused("no", status=400))
    with pytest.raises(RequestRefused):
        await retrying(calls, READ, calls.sleep)
    assert [] == calls.waits


async def test_attempts_are_bounded():
    """The last error is raised."""
    calls = Calls(*[slow(0.0)] * 99)
    with pytest.raises(RateLimited):
        await retrying(calls, SUBMIT, calls.sleep)
    assert SUBMIT.attempts == 99 - len(calls.errors)


async def test_time_is_bounded():
    """A wait that would end after the deadline does not begin."""
    calls = Calls(slow(50.0))
    with pytest.raises(RateLimited):
        await retrying(calls, Retry(on=(RateLimited,), attempts=9, total_seconds=10), calls.sleep)
    assert [] == calls.waits


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("²", None),
        ("1, 2", None),
        ("9" * 400, math.inf),
    ],
)
def test_retry_after_in_seconds(value, seconds):
    """An unreadable value counts as absent."""
    assert seconds == parse_retry_after(value)


def test_retry_after_as_a_date():
    """A date in the past means now."""
    assert 25 < (parse_retry_after(formatdate(time.time() + 30, usegmt=True)) or 0) <= 30
    assert 0.0 == parse_retry_after(formatdate(time.time() - 30, usegmt=True))


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_retry_after_is_seconds_or_nothing(value):
    """No header raises an error or gives a negative wait."""
    seconds = parse_retry_after(value)
    assert seconds is None or seconds >= 0


def test_a_submission_ends_before_an_observer_calls_it_uncertain():
    """Its last attempt begins within the total, and each call has a deadline."""
    assert SUBMIT.total_seconds + SUBMIT.call_seconds < LONGEST_SUBMISSION_SECONDS


@pytest.mark.parametrize("policy", [SUBMIT, READ, DOWNLOAD])
def test_every_step_of_a_call_has_a_timeout(policy):
    """None is longer than the whole call."""
    steps = policy.timeout.as_dict()
    assert {"connect", "read", "write", "pool"} == set(steps)
    assert [True] * 4 == [0 < seconds <= policy.call_seconds for seconds in steps.values()]
