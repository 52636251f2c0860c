"""The session of one run: its account, folders and callbacks, and how it waits.

It waits in slices short enough that a cancel is noticed at once.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from .api.key import Account
from .errors import RateLimited
from .money import Cost, DayLimits, Price

if TYPE_CHECKING:  # httpx or SQLite may be missing, and the page then shows a status with advice
    from .api.client import Client
    from .journal.journal import Journal
    from .upload.uploader import Uploader

T = TypeVar("T")

# A cancel is noticed, and what it ended has cleaned up, within 0.25 s.
TICK_SECONDS = 0.1


class Phase(Enum):
    """The phases of one run, in their order."""

    UPLOADING = "uploading"
    SUBMITTING = "submitting"
    LOOKING_UP = "looking_up"  # the host is asked for a task that it may not know
    QUEUED = "queued"
    PROCESSING = "processing"
    NO_ANSWER = "no_answer"  # for now; the host is asked again
    DOWNLOADING = "downloading"
    DECODING = "decoding"
    FOUND = "found"  # the video is on disk already
    SUBMITTED = "submitted"  # the end of a run that does not wait
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """A report of one run to the user who waits for it.

    `percent` is 0..100, `since` the start of the phase, `ends` its estimated end (epoch seconds).
    `bought` is True for the report before a request is sent, which costs money. `notices` are short
    sentences on values that are allowed and may surprise.
    """

    phase: Phase
    since: float
    percent: float | None = None
    ends: float | None = None
    task_id: str | None = None
    cost: Cost | None = None
    bought: bool = False
    notices: tuple[str, ...] = ()


class StoppedError(BaseException):
    """Ends the work in a thread whose run was canceled.

    A BaseException, as cancels are, so that no `except Exception` catches it.
    """


@dataclass(slots=True)
class Batch:
    """What the runs of one prompt share: the items of a list, and its other nodes.

    `canceled` looks at the prompt's cancel, from any thread. `slots` lets few submissions wait for
    their responses at a time, so that a cancel finds the others unsent. `stopped` is set by a
    submission without a response: nothing more of this prompt is sent after it. `polled` is how
    many tasks are polled now.
    """

    canceled: Callable[[], bool] = lambda: False
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    stopped: bool = False
    polled: int = 0

    async def in_turn(self, send: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Return what `send` returns, called again for `seconds` while the host is busy with us.

        A host that allows few tasks at a time takes the next one (429 until then) when one of this
        prompt is done, which may be long after the retries of one submission.
        """
        deadline = time.monotonic() + seconds
        while True:
            before = self.polled
            try:
                return await send()
            except RateLimited as error:
                is_ours = before or self.polled
                if error.by_words or not is_ours or time.monotonic() > deadline:
                    raise


@dataclass(frozen=True, slots=True)
class Session:
    """What one run works with.

    `tick` is called at least every 0.25 s and raises to cancel; `report` shows progress. Videos go
    to `folder`; `make_scratch` returns the folder for files on their way to the host, made at its
    first call and deleted with the run; it raises `NoRoom`.
    `prices` are the user's own, per second and by tier. `allow_jpeg` permits JPEG for an image that
    is too large as PNG. `keep_days` is how long the journal keeps ended entries, None for always.
    `workflow` returns what the journal keeps of this run's workflow, gzipped JSON, b"" for none.
    `pause` sleeps: tests pass one that returns at once.
    """

    account: Account
    client: Client
    journal: Journal
    uploader: Uploader
    folder: Path
    make_scratch: Callable[[], Path]
    tick: Callable[[], None]
    report: Callable[[Progress], None]
    timeout_seconds: float
    max_cost: Decimal | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    allow_jpeg: bool = False
    keep_days: float | None = None
    day_limits: DayLimits = field(default_factory=DayLimits)
    batch: Batch = field(default_factory=Batch)
    workflow: Callable[[], bytes] = bytes
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def output(self) -> Path:
        """The folder that the journal's paths are relative to."""
        return self.folder.parent

    @property
    def scratch(self) -> Path:
        """The folder for files on their way to the host; made here, where it is needed first."""
        return self.make_scratch()

    def stored_path(self, path: Path) -> PurePosixPath | None:
        """Return a path as the journal stores it, None for a file outside the output folder."""
        inside = Path(os.path.abspath(path)), Path(os.path.abspath(self.output))  # noqa: PTH100 - links stay
        if not inside[0].is_relative_to(inside[1]):
            return None
        return PurePosixPath(inside[0].relative_to(inside[1]).as_posix())

    async def sleep(self, seconds: float) -> None:
        """Wait, ticking."""
        await self.ticking(self.pause(seconds))

    async def ticking(self, work: Awaitable[T]) -> T:
        """Return what `work` returns: see the function `ticking`."""
        return await ticking(work, self.tick)

    async def in_thread(self, work: Callable[[Callable[[], None]], T]) -> T:
        """Run blocking `work` in a thread: see the function `in_thread`."""
        return await in_thread(work, self.tick)


async def ticking(work: Awaitable[T], tick: Callable[[], None]) -> T:
    """Return what `work` returns, ticking meanwhile.

    Where a tick raises, the work is canceled and the error is passed on.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            tick()
            await asyncio.wait({task}, timeout=TICK_SECONDS)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=TICK_SECONDS)


async def in_thread(work: Callable[[Callable[[], None]], T], tick: Callable[[], None]) -> T:
    """Run blocking `work` in a thread, ticking meanwhile.

    `work` gets a function to call often, which raises once this run is canceled. A cancel does not
    wait for it: what cannot be stopped (a file on a slow disk, a lock) is left to its end.
    """
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise StoppedError

    def begin() -> T:
        check()  # it may have waited for a free thread
        return work(check)

    try:
        return await ticking(asyncio.to_thread(begin), tick)
    except BaseException:
        stopped.set()
        raise


async def in_own_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread of its own: a host may take a minute to respond.

    The event loop has few threads (six on two cores), and all else would wait behind it.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="wan27-submit")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        executor.shutdown(wait=False)


async def to_its_end(work: Callable[[], None], tick: Callable[[], None]) -> None:
    """Run blocking `work` in a thread of its own, which nothing stops, ticking meanwhile.

    A cancel waits for it until the first tick.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="wan27-end")
    done = asyncio.get_running_loop().run_in_executor(executor, work)
    executor.shutdown(wait=False)
    while not done.done():  # `wait` cancels nothing, whatever cancels this
        await asyncio.wait({done}, timeout=TICK_SECONDS)
        if not done.done():
            tick()
    done.result()
