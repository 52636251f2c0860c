"""Hundreds of requests in one event loop, twice: all end, and the second batch leaves nothing open that the first did not."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from dataclasses import dataclass

import psutil

from wan27.limits import MEGABYTE

from .child import Child
from .tally import Tally
from .trial import Trial
from .user import Request, run_here

_WORKING_SECONDS = 2.0
_MOST_RATIO = 15  # of the wall time to the host's, on a machine that others use as well: what grows without bounds is beyond it
_MOST_MEGABYTES = 32


@dataclass(frozen=True)
class Batch:
    """What a batch of requests took, and what the process had open after it."""

    seconds: float
    finished: int
    files: int
    threads: int
    tasks: int
    bytes: int


def many(trial: Trial, count: int | None = None) -> list[Tally]:
    """Two batches in a process of its own, one after the other."""
    count = count or trial.times(60, 200)
    tally = Tally(f"{count} requests in one event loop, twice")
    with trial.host(working_seconds=_WORKING_SECONDS) as host:
        request = Request(host.base_url, trial.key, trial.folder / "many", "", pause_seconds=0.5)
        batches = Child(_two_batches, request, count).end()
        if batches is None:
            raise RuntimeError("The process with the requests was killed.")
        first, second = batches
        tally.cases, tally.bought = 2 * count, len(host.tasks)
    tally.twice = max(0, tally.bought - tally.cases)
    tally.lost = tally.cases - first.finished - second.finished
    for what in ("files", "threads", "tasks"):
        if (grown := getattr(second, what) - getattr(first, what)) > 0:
            tally.wrong.append(f"the second batch left {grown} more {what} open")
    grown_megabytes = (second.bytes - first.bytes) // MEGABYTE
    if grown_megabytes > _MOST_MEGABYTES:
        tally.wrong.append(f"the second batch took {grown_megabytes} MB that it did not give back")
    if second.seconds > _MOST_RATIO * _WORKING_SECONDS:
        tally.wrong.append(f"the second batch took {second.seconds:.0f} s, the host {_WORKING_SECONDS:.0f} s")
    tally.notes["seconds for the second batch, of which the host needs 2"] = round(second.seconds)
    tally.notes["MB more after it"] = grown_megabytes
    return [tally]


def _two_batches(request: Request, count: int) -> list[Batch]:
    request.folder.mkdir(parents=True)
    return asyncio.run(_batches(request, count))


async def _batches(request: Request, count: int) -> list[Batch]:
    return [await _batch(request, count, name) for name in ("first", "second")]


async def _batch(request: Request, count: int, name: str) -> Batch:
    began = time.monotonic()
    each = [Request(request.url, request.key, request.folder, f"{name} {number}", pause_seconds=0.5) for number in range(count)]
    said = await asyncio.gather(*map(run_here, each))
    seconds = time.monotonic() - began
    gc.collect()
    process = psutil.Process()
    files = process.num_fds() if os.name == "posix" else process.num_handles()  # type: ignore[attr-defined] # on Windows alone
    return Batch(
        seconds,
        sum(bool(one.task_id) for one in said),
        files,
        process.num_threads(),
        len(asyncio.all_tasks()),
        process.memory_info().rss,
    )
