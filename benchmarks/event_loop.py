"""The longest block of the event loop, on which other nodes run too."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median

import torch

from wan27.session import Progress

from .bench import Bench, in_fresh_process
from .figure import Figure
from .one_run import at_once, run_once
from .sample import sample_frames, sample_video

_BEAT_SECONDS = 0.001


def event_loop(bench: Bench) -> list[Figure]:
    """Run a large image and a large video beside a coroutine that should run every millisecond."""
    video = sample_video(bench.folder, bench.seconds, *bench.size)
    with at_once(video) as simulator:
        folders = [bench.folder / f"loop{number}" for number in range(bench.repeats)]
        url = simulator.base_url
        worst = [in_fresh_process(_measure, url, folder, bench.size) for folder in folders]
    middle = sorted(worst)[len(worst) // 2]
    idle = median(seconds for _, _, seconds in worst)
    detail = f"while {middle[1]}; {idle * 1000:.0f} ms without a run"
    name = "Event loop blocked at most, from the image to the frames"
    return [Figure(name, middle[0] * 1000, "ms", at_most=50, detail=detail)]


def _measure(url: str, folder: Path, size: tuple[int, int]) -> tuple[float, str, float]:
    image = torch.from_numpy(next(sample_frames(1, *size, grain=8))).float()[None] / 255
    return asyncio.run(_watch(image, url, folder))


async def _watch(image: torch.Tensor, url: str, folder: Path) -> tuple[float, str, float]:
    """Return the longest gap in seconds, its phase, and the longest gap without a run."""
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
