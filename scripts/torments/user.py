"""One user of the library: a request, and a Run of it as a node would make it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from wan27.api.client import Client
from wan27.api.hosts import choose_account
from wan27.api.retry import READ, SUBMIT
from wan27.errors import Wan27Error
from wan27.generate import generate
from wan27.job import Job
from wan27.journal import Journal
from wan27.medium import Picture
from wan27.session import Progress, Session
from wan27.upload.uploader import choose_uploader

_WIDTH, _HEIGHT = 320, 240


@dataclass(frozen=True)
class Request:
    """What a user asks, and of whom: `url` is the host's, `folder` holds their record and their videos.

    The host knows requests by their `prompt`. `upload` is WAN27_UPLOAD, `env` what that way needs of the environment.
    `silence_seconds` is how long a call waits for a silent host, `pause_seconds` the longest wait before it is asked again: that time is the
    host's, and what is tormented is ours.
    """

    url: str
    key: str = field(repr=False)
    folder: Path
    prompt: str
    upload: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    silence_seconds: float = 30.0
    pause_seconds: float = 0.005

    @property
    def journal(self) -> Journal:
        """Their record of paid tasks."""
        return Journal(self.folder / "state" / "journal.sqlite3")

    @property
    def videos(self) -> Path:
        """Where their videos go."""
        return self.folder / "videos"


@dataclass(frozen=True)
class Said:
    """How a Run ended: with a video (`task_id`), or with an error: its class and its sentence."""

    task_id: str = ""
    error: str = ""
    text: str = ""


def run(request: Request) -> Said:
    """Run it in this process, which is one of its own: its log is kept beside the record."""
    request.folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=request.folder / "log.txt", level=logging.DEBUG)
    return asyncio.run(run_here(request))


def no_tick() -> None:
    """Never cancel."""


def no_report(_: Progress) -> None:
    """Nobody looks at the progress."""


async def run_here(request: Request, tick: Callable[[], None] = no_tick, report: Callable[[Progress], None] = no_report) -> Said:
    """Run it in this loop. Errors that are none of the pack's own pass on: they are crashes."""
    session = await asyncio.to_thread(open_session, request, tick, report)
    try:
        result = await generate(job_of(request), session)
    except Wan27Error as error:
        return Said(error=type(error).__name__, text=str(error))
    finally:
        await session.client.aclose()
    return Said(task_id=result.task_id)


def open_session(request: Request, tick: Callable[[], None], report: Callable[[Progress], None]) -> Session:
    """What a Run works with."""

    async def pause(seconds: float) -> None:
        await asyncio.sleep(min(seconds, request.pause_seconds))

    os.environ.update(request.env)
    account = choose_account({"NOVITA_API_KEY": request.key, "WAN27_BASE_URL": request.url}.get)
    quick = {"read_seconds": request.silence_seconds, "send_seconds": request.silence_seconds}
    return Session(
        account=account,
        client=Client(account, submitting=replace(SUBMIT, **quick), reading=replace(READ, **quick)),
        journal=request.journal,
        uploader=choose_uploader(request.upload, 3600, request.folder / "serving"),
        folder=request.videos,
        scratch=request.folder,
        tick=tick,
        report=report,
        timeout_seconds=60,
        pause=pause,
    )


def job_of(request: Request) -> Job:
    """The same request for the same prompt."""
    return Job(media={"first_frame": _picture()}, prompt=request.prompt, duration=2)


@cache
def _picture() -> Picture:
    grey = av.VideoFrame.from_ndarray(np.full((_HEIGHT, _WIDTH, 3), 128, np.uint8), format="rgb24")
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = _WIDTH, _HEIGHT, "rgb24", Fraction(1)
    data = b"".join(bytes(packet) for packet in [*codec.encode(grey), *codec.encode()])
    return Picture(data, _WIDTH, _HEIGHT, "0" * 64, small=data)
