"""The one retry policy: which call is repeated, on what, how often, and how long each may take.

Always bounded in attempts and in time.

A submission is repeated only where its bytes cannot have left or the host itself said "not now"
(429): it costs money.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from ..errors import HostFailed, HostRefused, HostUnreachable, RateLimited, TaskUnknown, Wan27Error

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """A policy.

    Waits double from `first_wait_seconds` up to `max_wait_seconds`; a host's `Retry-After` replaces
    them, capped.

    A call has so long to connect, and for each piece that it sends or reads; `call_seconds` bounds
    the whole of it, since a peer that sends a byte now and then would pass every step.
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
        """The steps of a call in httpx's form; waiting for a free connection counts as connecting."""
        return httpx.Timeout(
            connect=self.connect_seconds,
            write=self.send_seconds,
            read=self.read_seconds,
            pool=self.connect_seconds,
        )

    def wait_seconds(self, attempt: int, error: Wan27Error) -> float:
        """How long to wait after the failed attempt of that number (from 0)."""
        asked = error.retry_after_seconds if isinstance(error, HostRefused) else None
        if asked is not None:
            return min(asked, self.max_retry_after_seconds)
        return jittered(min(self.first_wait_seconds * 2.0**attempt, self.max_wait_seconds))


# The host may fetch the media before it answers, and a request with pictures inside is large. A
# call ends before its entry in the journal is taken for abandoned (LEASE_SECONDS in owner.py).
SUBMIT = Retry(
    on=(HostUnreachable, RateLimited),
    attempts=6,
    total_seconds=300,
    send_seconds=60,
    read_seconds=120,
    call_seconds=540,
)
READ = Retry(on=(HostUnreachable, RateLimited, HostFailed), attempts=12, total_seconds=600)
# `call_seconds` until the first byte of the video; from there on its pace is what counts
# (download.py).
DOWNLOAD = Retry(on=(HostUnreachable, RateLimited, HostFailed), attempts=12, total_seconds=3600)
# A host's list of tasks may lag behind its front door, or lose one for a moment. Giving a paid task
# up too early would buy it twice.
MISSING = Retry(
    on=(TaskUnknown,), attempts=6, total_seconds=300, first_wait_seconds=5.0, max_wait_seconds=20.0
)


async def retrying(
    call: Callable[[], Awaitable[T]], policy: Retry, sleep: Callable[[float], Awaitable[None]]
) -> T:
    """Return what `call` returns, repeated as the policy says; the last error is raised when attempts or time run out."""
    deadline = time.monotonic() + policy.total_seconds
    for attempt in range(policy.attempts - 1):
        try:
            return await call()
        except policy.on as error:
            wait = policy.wait_seconds(attempt, error)
            if time.monotonic() + wait > deadline:
                raise
            await sleep(wait)
    return await call()


def jittered(seconds: float) -> float:
    """`seconds`, 20 % up or down, so that many nodes do not ask in step."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - not a secret


async def within(seconds: float, call: Awaitable[T]) -> T:
    """Return what `call` returns.

    Raises `HostUnreachable` where it takes longer than `seconds`, having ended it.
    """
    try:
        return await asyncio.wait_for(call, seconds)
    except asyncio.TimeoutError:
        raise HostUnreachable(f"No whole answer came within {seconds:.0f} s.") from None


def parse_retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks to wait (both of its forms: seconds, HTTP date), None where it is absent or unreadable."""
    if value is None:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError, OSError):
        return None
