"""One run of the library against the simulator, without ComfyUI: from an image to frames."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from wan27.api.client import Client
from wan27.api.key import choose_account
from wan27.generate import generate
from wan27.job import Job
from wan27.journal.journal import Journal
from wan27.limits import INLINE_IMAGE_BYTES
from wan27.media.encode.image import encode_image
from wan27.session import Phase, Progress, Session
from wan27.simulator import Settings, Simulator
from wan27.upload.inline import Inline

from .readers import decoded, no_tick

KEY = "sk-bench"


def at_once(video: Path) -> Simulator:
    """Return a host whose tasks are done at once and give this video."""
    return Simulator(Settings(queued_seconds=0, working_seconds=0, video=str(video)))


async def run_once(
    image: torch.Tensor, url: str, folder: Path, report: Callable[[Progress], None]
) -> Any:
    """Encode, submit, poll without pauses, download and decode."""
    session = await asyncio.to_thread(_session, url, folder, report)
    try:
        report(Progress(Phase.UPLOADING, 0))
        job = await session.in_thread(lambda _: make_job(image))
        result = await generate(job, session)
        report(Progress(Phase.DECODING, 0))
        return await session.in_thread(lambda _: decoded(result.clip))
    finally:
        await session.client.aclose()


def make_job(image: torch.Tensor) -> Job:
    """Return a job that no earlier run has submitted."""
    media = {"first_frame": encode_image(image, "first_frame", fit_bytes=INLINE_IMAGE_BYTES)}
    return Job(media=media, prompt="a boat on a lake", duration=2, seed=random.getrandbits(31))


def _session(url: str, folder: Path, report: Callable[[Progress], None]) -> Session:
    account = choose_account({"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": url}.get)
    return Session(
        account=account,
        client=Client(account),
        journal=Journal(folder / "journal.sqlite3"),
        uploader=Inline(),
        folder=folder / "videos",
        make_scratch=lambda: folder,
        tick=no_tick,
        report=report,
        timeout_seconds=60,
        pause=_no_pause,
    )


async def _no_pause(_seconds: float) -> None:
    # The pause between polls is the host's time, not ours.
    await asyncio.sleep(0.001)
