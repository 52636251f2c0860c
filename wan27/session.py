"""What one run of a node works with, and how it waits: in slices short enough that a cancel is noticed at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from .api.client import Client
from .api.key import Account
from .journal.journal import Journal
from .money import Cost, Price
from .upload.uploader import Uploader

T = TypeVar("T")

# The host must notice a cancel within 0.25 s.
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """What a person would want to know while they wait.

    `percent` 0..100; `since` is when this phase's clock began (epoch seconds).

    `notices` are short sentences on what was asked that no rule forbids and that may surprise; they
    stay shown to the end.
    """

    phase: str  # uploading, submitting, queued, processing, downloading, decoding, found
    since: float
    percent: float | None = None
    eta_seconds: float | None = None
    task_id: str | None = None
    cost: Cost | None = None
    notices: tuple[str, ...] = ()


class StoppedError(BaseException):
    """Ends work in a thread whose run was cancelled.

    A BaseException, as cancels are, so that no `except Exception` holds it up.
    """


@dataclass(frozen=True, slots=True)
class Session:
    """One run.

    `tick` is called at least every 0.25 s and raises to cancel; `report` shows progress; `folder`
    is where videos go.

    `scratch` is a folder of its own for files on their way to the host; it goes with the run.
    """

    account: Account
    client: Client
    journal: Journal
    uploader: Uploader
    folder: Path
    scratch: Path
    tick: Callable[[], None]
    report: Callable[[Progress], None]
    timeout_seconds: float
    max_cost: Decimal | None = None
    prices: Mapping[str, Price] = field(
        default_factory=dict
    )  # what the user says a second of each tier costs
    allow_jpeg: bool = False  # pictures that are too large as PNG may be sent as JPEG
    keep_days: float | None = (
        None  # how long the journal remembers what has ended; None is for ever
    )
    pause: Callable[[float], Awaitable[None]] = (
        asyncio.sleep
    )  # time is a parameter: tests pass one that returns at once

    async def sleep(self, seconds: float) -> None:
        """Wait, ticking."""
        await self.ticking(self.pause(seconds))

    async def ticking(self, work: Awaitable[T]) -> T:
        """Return what `work` returns, ticking meanwhile.

        Where a tick raises, the work is cancelled and the tick's error passes on.
        """
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                self.tick()
                await asyncio.wait({task}, timeout=TICK_SECONDS)
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=TICK_SECONDS)

    async def in_thread(self, work: Callable[[Callable[[], None]], T]) -> T:
        """Run blocking `work` in a thread, ticking here meanwhile.

        `work` gets a check to call often: it raises once this run is cancelled.
        """
        stopped = threading.Event()

        def check() -> None:
            if stopped.is_set():
                raise StoppedError

        try:
            return await self.ticking(asyncio.to_thread(work, check))
        except BaseException:
            stopped.set()
            raise
