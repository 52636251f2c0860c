"""Many requests in one event loop, in two batches, and what the process has open after each."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from dataclasses import dataclass, replace

import psutil

from .user import Request, run_here


@dataclass(frozen=True)
class Batch:
    """The duration of a batch, and what the process has open after it."""

    seconds: float
    finished: int
    files: int
    threads: int
    tasks: int
    bytes: int


def two_batches(request: Request, count: int) -> list[Batch]:
    """Run two batches of `count` requests, one after the other."""
    request.folder.mkdir(parents=True)
    return asyncio.run(_batches(request, count))


async def _batches(request: Request, count: int) -> list[Batch]:
    return [await _batch(request, count, name) for name in ("first", "second")]


async def _batch(request: Request, count: int, name: str) -> Batch:
    began = time.monotonic()
    each = [replace(request, prompt=f"{name} {number}") for number in range(count)]
    outcomes = await asyncio.gather(*map(run_here, each))
    seconds = time.monotonic() - began
    gc.collect()
    process = psutil.Process()
    return Batch(
        seconds,
        sum(bool(outcome.task_id) for outcome in outcomes),
        process.num_fds() if os.name == "posix" else process.num_handles(),
        process.num_threads(),
        len(asyncio.all_tasks()),
        process.memory_info().rss,
    )
