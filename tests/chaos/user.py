"""A user of the library: a request, and a Run of it as a node would make it."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from wan27.api.client import Client
from wan27.api.hosts import HOSTS
from wan27.api.key import choose_account
from wan27.api.retry import READ, SUBMIT
from wan27.errors import Wan27Error
from wan27.generate import generate
from wan27.job import Job
from wan27.journal.journal import Journal
from wan27.medium import ImageFile
from wan27.session import Progress, Session
from wan27.upload.choose import choose_uploader
from wan27.upload.model_studio import TemporaryUpload
from wan27.upload.uploader import Uploader

_WIDTH, _HEIGHT = 320, 240


@dataclass(frozen=True)
class Request:
    """A user's request to the host at `url`, with the journal and the videos in `folder`.

    The host knows requests by their `prompt`; `host_name` is WAN27_HOST. `upload` is WAN27_UPLOAD,
    `env` the environment that this upload needs. `silence_seconds` is how long a call waits for a
    silent host, `pause_seconds` the longest pause between two polls.
    """

    url: str
    key: str = field(repr=False)
    folder: Path
    prompt: str
    host_name: str = "novita"
    upload: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    silence_seconds: float = 30.0
    pause_seconds: float = 0.005

    @property
    def journal(self) -> Journal:
        """The journal of paid tasks."""
        return Journal(self.folder / "state" / "journal.sqlite3")

    @property
    def videos(self) -> Path:
        """The folder of the videos."""
        return self.folder / "videos"


@dataclass(frozen=True)
class Outcome:
    """The end of a Run: a video (`task_id`), or an error with its class and its text."""

    task_id: str = ""
    error: str = ""
    text: str = ""


def run(request: Request) -> Outcome:
    """Run the request in this process, with its log beside the journal."""
    request.folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=request.folder / "log.txt", level=logging.DEBUG)
    return asyncio.run(run_here(request))


def run_at(request: Request, moment: float) -> Outcome:
    """Run the request when the clock (`time.time`) reaches this moment."""
    time.sleep(max(0.0, moment - time.time()))
    return run(request)


def no_tick() -> None:
    """Never cancel."""


def no_report(_: Progress) -> None:
    """Ignore the progress."""


async def run_here(
    request: Request,
    tick: Callable[[], None] = no_tick,
    report: Callable[[Progress], None] = no_report,
) -> Outcome:
    """Run the request in this event loop.

    The pack's own errors are outcomes; any other error is raised.
    """
    session = await asyncio.to_thread(open_session, request, tick, report)
    try:
        result = await generate(job_of(request), session)
    except Wan27Error as error:
        return Outcome(error=type(error).__name__, text=str(error))
    finally:
        await session.client.aclose()
    return Outcome(task_id=result.task_id)


def open_session(
    request: Request, tick: Callable[[], None], report: Callable[[Progress], None]
) -> Session:
    """Return the session of a Run."""

    async def pause(seconds: float) -> None:
        await asyncio.sleep(min(seconds, request.pause_seconds))

    os.environ.update(request.env)
    settings = {"WAN27_HOST": request.host_name, "WAN27_BASE_URL": request.url}
    keys = {host.key_variable: request.key for host in HOSTS}
    account = choose_account((settings | keys).get)
    quick = {"read_seconds": request.silence_seconds, "send_seconds": request.silence_seconds}
    client = Client(account, submitting=replace(SUBMIT, **quick), reading=replace(READ, **quick))
    uploader: Uploader = choose_uploader(request.upload, 3600, request.folder / "serving")
    if not request.upload and account.host.has_temporary_upload:
        uploader = TemporaryUpload(client, pause=pause)
    return Session(
        account=account,
        client=client,
        journal=request.journal,
        uploader=uploader,
        folder=request.videos,
        make_scratch=lambda: request.folder,
        tick=tick,
        report=report,
        timeout_seconds=60,
        pause=pause,
    )


def job_of(request: Request) -> Job:
    """Return the same job for the same prompt."""
    return Job(media={"first_frame": _image()}, prompt=request.prompt, duration=2)


@cache
def _image() -> ImageFile:
    gray = av.VideoFrame.from_ndarray(np.full((_HEIGHT, _WIDTH, 3), 128, np.uint8), format="rgb24")
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height = _WIDTH, _HEIGHT
    codec.pix_fmt, codec.time_base = "rgb24", Fraction(1)
    data = b"".join(bytes(packet) for packet in [*codec.encode(gray), *codec.encode()])
    return ImageFile(data, _WIDTH, _HEIGHT, "0" * 64, thumbnail=data)
