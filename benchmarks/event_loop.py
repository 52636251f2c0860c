"""The longest block of the event loop, on which other nodes run too.

A gap between two beats is also what the machine's other programs take, so a process that does
nothing else beats beside it, and the computing of each callback is counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import torch

from wan27.session import Progress

from .bench import Bench, in_fresh_process
from .figure import Figure
from .one_run import at_once, run_once
from .sample import sample_frames, sample_video

_BEAT_SECONDS = 0.001


class Blocks(NamedTuple):
    """Of one run, in seconds: the longest callback's computing, the longest gap, its phase."""

    computing: float
    gap: float
    phase: str
    idle_gap: float


def event_loop(bench: Bench) -> list[Figure]:
    """Run a large image and a large video beside a coroutine that should run every millisecond."""
    video = sample_video(bench.folder, bench.seconds, *bench.size)
    with at_once(video) as simulator:
        folders = [bench.folder / f"loop{number}" for number in range(bench.repeats)]
        url = simulator.base_url
        runs = [in_fresh_process(_measure, url, folder, bench.size) for folder in folders]
    middle = sorted(runs, key=lambda run: run.gap)[len(runs) // 2]
    computing = max(run.computing for run in runs)
    detail = (
        f"the longest gap {middle.gap * 1000:.0f} ms, while {middle.phase}; in a process that does"
        f" nothing {middle.idle_gap * 1000:.0f} ms at the same time"
    )
    name = "Event loop: the longest computing in one step, from the image to the frames"
    return [Figure(name, computing * 1000, "ms", at_most=50, detail=detail)]


def _measure(url: str, folder: Path, size: tuple[int, int]) -> Blocks:
    image = torch.from_numpy(next(sample_frames(1, *size, grain=8))).float()[None] / 255
    return asyncio.run(_watch(image, url, folder))


async def _watch(image: torch.Tensor, url: str, folder: Path) -> Blocks:
    phase, gaps = [""], [(0.0, "")]

    def report(progress: Progress) -> None:
        phase[0] = progress.phase.value

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_BEAT_SECONDS)
            gaps.append((time.perf_counter() - began - _BEAT_SECONDS, phase[0]))

    beating = asyncio.create_task(beat())
    with _idle_process() as idle_gaps, _computing() as computing:
        await run_once(image, url, folder, report)
        await asyncio.sleep(2 * _BEAT_SECONDS)
    beating.cancel()
    return Blocks(max(computing), *max(gaps), max(idle_gaps))


@contextmanager
def _computing() -> Iterator[list[float]]:
    """Yield the computing time of each callback of the event loop, in seconds."""
    seconds, run = [0.0], asyncio.Handle._run  # noqa: SLF001 - what asyncio's debug mode times

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        seconds.append(time.thread_time() - began)

    asyncio.Handle._run = timed  # type: ignore[assignment,method-assign]  # noqa: SLF001
    yield seconds
    asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001


@contextmanager
def _idle_process() -> Iterator[list[float]]:
    """Yield the gaps of a process that only beats; they are there when the block ends."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    begun, over = context.Event(), context.Event()
    process = context.Process(target=_beat, args=(sending, begun, over))
    process.start()
    begun.wait()
    gaps = [0.0]
    yield gaps
    over.set()
    gaps.append(receiving.recv())
    process.join()


def _beat(sending: Connection, begun: Event, over: Event) -> None:
    begun.set()
    worst = 0.0
    while not over.is_set():
        began = time.perf_counter()
        time.sleep(_BEAT_SECONDS)
        worst = max(worst, time.perf_counter() - began - _BEAT_SECONDS)
    sending.send(worst)
