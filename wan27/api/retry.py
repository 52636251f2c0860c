"""The one retry policy: which call is repeated, on what, how often and for how long. Always bounded in attempts and in time.

A submission is repeated only where its bytes cannot have left or the host itself said "not now" (429): it costs money.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ..errors import HostFailed, HostRefused, HostUnreachable, RateLimited, TaskUnknown, Wan27Error

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """A policy. Waits double from `first_wait_seconds` up to `max_wait_seconds`; a host's `Retry-After` replaces them, capped."""

    on: tuple[type[Wan27Error], ...]
    attempts: int
    total_seconds: float
    first_wait_seconds: float = 1.0
    max_wait_seconds: float = 30.0
    max_retry_after_seconds: float = 120.0

    def wait_seconds(self, attempt: int, error: Wan27Error) -> float:
        """How long to wait after the failed attempt of that number (from 0)."""
        asked = error.retry_after_seconds if isinstance(error, HostRefused) else None
        if asked is not None:
            return min(asked, self.max_retry_after_seconds)
        return jittered(min(self.first_wait_seconds * 2.0**attempt, self.max_wait_seconds))


SUBMIT = Retry(on=(HostUnreachable, RateLimited), attempts=6, total_seconds=300)
READ = Retry(on=(HostUnreachable, RateLimited, HostFailed), attempts=12, total_seconds=600)
# A host's list of tasks may lag behind its front door, or lose one for a moment. Giving a paid task up too early would buy it twice.
MISSING = Retry(on=(TaskUnknown,), attempts=6, total_seconds=300, first_wait_seconds=5.0, max_wait_seconds=20.0)


async def retrying(call: Callable[[], Awaitable[T]], policy: Retry, sleep: Callable[[float], Awaitable[None]]) -> T:
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


def parse_retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks to wait (both of its forms: seconds, HTTP date), None where it is absent or unreadable."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
