"""The one retry policy: which call is retried, on which error, how often, and for how long.

A submission is retried only where its bytes cannot have left, or where the host itself said "not
now" (429): it costs money.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from ..errors import (
    HostFailed,
    HostRefused,
    HostUnreachable,
    NoVideo,
    RateLimited,
    TaskUnknown,
    Wan27Error,
)

T = TypeVar("T")

# An event loop looks at its clock at each beat; a longer step is a process that was stopped.
_BEAT_SECONDS, _LONGEST_STEP_SECONDS = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A policy: retry on the errors of `on`, bounded in attempts and in time.

    Waits double from `first_wait_seconds` up to `max_wait_seconds`; a host's `Retry-After` replaces
    them, up to `max_retry_after_seconds`. The connect, send and read timeouts are for each step of
    a call; `call_seconds` bounds the whole call, since a peer that sends a byte now and then would
    pass every step.
    """

    on: tuple[type[Wan27Error], ...]
    attempts: int
    total_seconds: float
    first_wait_seconds: float = 1.0
    max_wait_seconds: float = 30.0
    max_retry_after_seconds: float = 120.0
    connect_seconds: float = 15.0
    send_seconds: float = 30.0
    read_seconds: float = 30.0
    call_seconds: float = 60.0

    @property
    def timeout(self) -> httpx.Timeout:
        """The timeouts of the steps; waiting for a free connection counts as connecting."""
        return httpx.Timeout(
            connect=self.connect_seconds,
            write=self.send_seconds,
            read=self.read_seconds,
            pool=self.connect_seconds,
        )

    def wait_seconds(self, attempt: int, error: Wan27Error) -> float:
        """Return the wait after the failed attempt of that number (from 0)."""
        asked = error.retry_after_seconds if isinstance(error, HostRefused) else None
        if asked is not None:
            return min(asked, self.max_retry_after_seconds)
        return jittered(min(self.first_wait_seconds * 2.0**attempt, self.max_wait_seconds))


# The host may download the media before it responds, and a request with images inside is large.
SUBMIT = Retry(
    on=(HostUnreachable, RateLimited),
    attempts=6,
    total_seconds=300,
    send_seconds=60,
    read_seconds=120,
    call_seconds=540,
)
# No submission takes longer, its retries and waits included.
LONGEST_SUBMISSION_SECONDS = SUBMIT.total_seconds + SUBMIT.call_seconds + 60
# A host under load may take most of the minute that the gateway in front of it waits.
READ = Retry(
    on=(HostUnreachable, RateLimited, HostFailed),
    attempts=12,
    total_seconds=600,
    read_seconds=65,
    call_seconds=90,
)
# A task that runs is paid for, and a router or a host that restarts is away for minutes.
RUNNING = replace(READ, attempts=24, total_seconds=1500, max_wait_seconds=60)
# `call_seconds` until the first byte of the video; after it download.py checks the speed.
DOWNLOAD = Retry(on=(HostUnreachable, RateLimited, HostFailed), attempts=12, total_seconds=3600)
# A temporary upload, its policy included; form_post.py bounds the time of the file itself.
UPLOAD = Retry(on=(HostUnreachable, RateLimited, HostFailed), attempts=4, total_seconds=600)
# An id that the host may never have had: an answer in seconds, for who waits for it.
LOOKUP = Retry(on=(TaskUnknown, NoVideo), attempts=3, total_seconds=10)
# A host may not find a new task for a moment, nor the video of one that has just succeeded. Giving
# up a paid task too early asks a person.
MISSING = Retry(
    on=LOOKUP.on, attempts=6, total_seconds=300, first_wait_seconds=5.0, max_wait_seconds=20.0
)


async def retrying(
    call: Callable[[], Awaitable[T]], policy: Retry, sleep: Callable[[float], Awaitable[None]]
) -> T:
    """Return what `call` returns, retried by the policy; raise its last error at the end of it."""
    deadline = time.monotonic() + policy.total_seconds
    for attempt in range(policy.attempts - 1):
        try:
            return await call()
        except policy.on as error:
            if isinstance(error, HostRefused) and error.by_words:
                raise
            wait = policy.wait_seconds(attempt, error)
            if time.monotonic() + wait > deadline:
                raise
            await sleep(wait)
    return await call()


def jittered(seconds: float) -> float:
    """Return `seconds` changed by up to 20 %, so that many nodes do not ask in step."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - not a secret


async def within(seconds: float, call: Awaitable[T]) -> T:
    """Return what `call` returns; cancel it and raise `HostUnreachable` after `seconds`."""
    try:
        return await asyncio.wait_for(call, seconds)
    except asyncio.TimeoutError:
        raise HostUnreachable(f"No complete response arrived within {seconds:.0f} s.") from None


class AwakeClock:
    """A clock, in seconds, that stands still while this process does. Look at it each second."""

    def __init__(self) -> None:
        """Begin with the time of `time.monotonic`."""
        self._seconds = self._last = time.monotonic()

    def __call__(self) -> float:
        """Return the seconds; a step from the last look counts as five at most."""
        now = time.monotonic()
        self._seconds += min(now - self._last, _LONGEST_STEP_SECONDS)
        self._last = now
        return self._seconds


async def awake(call: Callable[[], Awaitable[T]]) -> T:
    """Return what `call` returns; its timeouts stand still while this process does.

    A response comes to a laptop that sleeps or a container that is paused, and a timeout that has
    passed meanwhile would discard it. `call` needs an event loop of its own, whose clock this sets.
    """

    async def beat() -> None:
        while True:  # noqa: ASYNC110 - this is the beat
            await asyncio.sleep(_BEAT_SECONDS)

    loop = asyncio.get_running_loop()
    if not isinstance(loop, asyncio.BaseEventLoop):
        return await call()  # uvloop, which another pack installs, never asks for this clock
    loop.time = AwakeClock()  # type: ignore[method-assign]
    beating = asyncio.ensure_future(beat())
    try:
        return await call()
    finally:
        beating.cancel()
        del loop.time  # without the beat it would hardly move


def parse_retry_after(value: str | None) -> float | None:
    """Return the seconds of a `Retry-After` header (a number or a date), None if unreadable."""
    if value is None:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError, OSError):
        return None
