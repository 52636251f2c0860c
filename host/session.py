"""A `wan27` session made of ComfyUI's parts: its folders, its interrupt flag, its progress display."""

from __future__ import annotations

import asyncio
import atexit
import functools
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR
from ..wan27.api.key import Account, choose_account
from ..wan27.errors import Wan27Error
from ..wan27.session import Progress, Session
from ..wan27.upload.serving import ServingFolder
from ..wan27.upload.uploader import Uploader, choose_uploader
from .folders import serving_folder, state_folder, temporary_folder, videos_folder
from .journal import open_journal
from .settings.store import Settings
from .status.display import Display
from .status.events import Place, node_failed
from .status.text import host_title
from .upload import DryRun, uploader

if TYPE_CHECKING:
    from ..wan27.simulator import Simulator


@asynccontextmanager
async def open_session(place: Place) -> AsyncIterator[tuple[Session, Display]]:
    """Yield what one run of the node at that place works with.

    Raises `MissingKey` or `InvalidSetting` before anything is done.

    An error of ours that ends it is told to the page, and passes on.
    """
    display, console = None, ""
    try:
        settings, account = await asyncio.to_thread(_chosen_account)
        display, console = Display(place, host_title(account.host.name)), account.host.console
        async with session_of(account, settings, display.tick, display.report) as session:
            yield session, display
    except Wan27Error as error:
        node_failed(
            place, error, console=console, task_id=None if display is None else display.task_id
        )
        raise


@asynccontextmanager
async def session_of(
    account: Account,
    settings: Settings,
    tick: Callable[[], None],
    report: Callable[[Progress], None],
) -> AsyncIterator[Session]:
    """Yield a session of that account, which ends with the block.

    Raises `InvalidSetting` or `JournalFailed`.
    """
    # In a thread: it reads files and builds a TLS context, and others live on this event loop too.
    with tempfile.TemporaryDirectory(
        prefix="wan27-", dir=temporary_folder(), ignore_cleanup_errors=True
    ) as scratch:
        session = await asyncio.to_thread(_session, account, settings, Path(scratch), tick, report)
        try:
            yield session
        finally:
            await session.client.aclose()


def _chosen_account() -> tuple[Settings, Account]:
    settings = Settings(state_folder())
    return settings, choose_account(settings.get)


def _session(
    account: Account,
    settings: Settings,
    scratch: Path,
    tick: Callable[[], None],
    report: Callable[[Progress], None],
) -> Session:
    account = _with_simulator(account)
    journal = open_journal()
    ServingFolder(serving_folder()).sweep(journal.is_needed, time())
    return Session(
        account=account,
        client=Client(account),
        journal=journal,
        uploader=_uploader(account, settings),
        folder=videos_folder(),
        scratch=scratch,
        tick=tick,
        report=report,
        timeout_seconds=settings.timeout_seconds,
        max_cost=settings.max_cost,
        prices=settings.prices,
        allow_jpeg=settings.allow_jpeg,
        keep_days=settings.keep_days,
    )


def _with_simulator(account: Account) -> Account:
    if account.host != SIMULATOR:
        return account
    return replace(account, host=replace(account.host, base_url=simulator_url()))


def _uploader(account: Account, settings: Settings) -> Uploader:
    if account.host_id == SIMULATOR.name and not (settings.get("WAN27_UPLOAD") or "").strip():
        return _dry_run(serving_folder())
    return uploader(settings, account, serving_folder(), _chosen)


# One for the process: what several nodes share is uploaded once, and deleted with the last of them.
_chosen = functools.lru_cache(maxsize=4)(choose_uploader)


@functools.lru_cache(maxsize=4)
def _dry_run(folder: Path) -> Uploader:
    return DryRun(folder)


_starting = threading.Lock()
_running: list[Simulator] = []


def simulator_url() -> str:
    """The address of this process's simulator, started at first use and stopped with the process."""
    with _starting:
        if not _running:
            from ..wan27.simulator import (
                Simulator,
            )  # noqa: PLC0415 - aiohttp's server and av, for a dry run only

            simulator = Simulator()
            simulator.start()
            atexit.register(simulator.stop)  # it keeps its videos in a temporary folder
            _running.append(simulator)
        return _running[0].base_url
