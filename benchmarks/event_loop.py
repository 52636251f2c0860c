"""How long the event loop is held up at most: other nodes, and their polls, live on it too."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median

import torch

from wan27.session import Progress

from .bench import Bench, apart
from .figure import Figure
from .film import film, pictures
from .one_run import at_once, run_once

_BEAT_SECONDS = 0.001


def event_loop(bench: Bench) -> list[Figure]:
    """A large picture in, a large video out, and beside them a coroutine that wants to run every millisecond."""
    video = film(bench.folder, bench.seconds, *bench.size)
    with at_once(video) as simulator:
        worst = [
            apart(_measure, simulator.base_url, bench.folder / f"loop{number}", bench.size)
            for number in range(bench.repeats)
        ]
    middle = sorted(worst)[len(worst) // 2]
    idle = median(seconds for _, _, seconds in worst)
    detail = f"while {middle[1]}; {idle * 1000:.0f} ms where only this measuring runs"
    return [
        Figure(
            "Event loop blocked at most, from the picture to the frames",
            middle[0] * 1000,
            "ms",
            at_most=50,
            detail=detail,
        )
    ]


def _measure(url: str, folder: Path, size: tuple[int, int]) -> tuple[float, str, float]:
    image = torch.from_numpy(next(pictures(1, *size, grain=8))).float()[None] / 255
    return asyncio.run(_watch(image, url, folder))


async def _watch(image: torch.Tensor, url: str, folder: Path) -> tuple[float, str, float]:
    """Return the longest gap in seconds, the phase it came in, and the longest gap of a second of rest."""
    phase, gaps = [""], [(0.0, "")]

    def report(progress: Progress) -> None:
        phase[0] = progress.phase.value

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_BEAT_SECONDS)
            gaps.append((time.perf_counter() - began - _BEAT_SECONDS, phase[0]))

    beating = asyncio.create_task(beat())
    await asyncio.sleep(1)
    idle, _ = max(gaps)
    gaps.clear()
    await run_once(image, url, folder, report)
    await asyncio.sleep(2 * _BEAT_SECONDS)
    beating.cancel()
    return *max(gaps), idle
