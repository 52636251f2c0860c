"""A `wan27` session made of ComfyUI's parts: its folders, its interrupt flag, its progress display."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import time

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR, Account, choose_account
from ..wan27.errors import Wan27Error
from ..wan27.session import Progress, Session
from ..wan27.upload.serving import ServingFolder
from ..wan27.upload.uploader import Uploader, choose_uploader
from .display import Display
from .events import node_failed
from .folders import open_journal, serving_folder, state_folder, temporary_folder, videos_folder
from .settings import Settings
from .status import host_title
from .uploading import uploader


@asynccontextmanager
async def open_session(node_id: str) -> AsyncIterator[tuple[Session, Display]]:
    """Yield what one run of the node of that id works with. Raises `MissingKey` or `InvalidSetting` before anything is done.

    An error of ours that ends it is told to the page, and passes on.
    """
    display, console = None, ""
    try:
        settings, account = await asyncio.to_thread(_chosen_account)
        display, console = Display(node_id, host_title(account.host.name)), account.host.console
        async with session_of(account, settings, display.tick, display.report) as session:
            yield session, display
    except Wan27Error as error:
        node_failed(node_id, error, console=console, task_id=None if display is None else display.task_id)
        raise


@asynccontextmanager
async def session_of(
    account: Account, settings: Settings, tick: Callable[[], None], report: Callable[[Progress], None]
) -> AsyncIterator[Session]:
    """Yield a session of that account, which ends with the block. Raises `InvalidSetting` or `JournalFailed`."""
    # In a thread: it reads files and builds a TLS context, and others live on this event loop too.
    with tempfile.TemporaryDirectory(prefix="wan27-", dir=temporary_folder(), ignore_cleanup_errors=True) as scratch:
        session = await asyncio.to_thread(_session, account, settings, Path(scratch), tick, report)
        try:
            yield session
        finally:
            await session.client.aclose()


def _chosen_account() -> tuple[Settings, Account]:
    settings = Settings(state_folder())
    return settings, choose_account(settings.get)


def _session(account: Account, settings: Settings, scratch: Path, tick: Callable[[], None], report: Callable[[Progress], None]) -> Session:
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
    from .simulator import simulator_url  # noqa: PLC0415 - aiohttp's server and av, for those who simulate only

    return replace(account, host=replace(account.host, base_url=simulator_url()))


def _uploader(account: Account, settings: Settings) -> Uploader:
    if account.identity == SIMULATOR.name and not (settings.get("WAN27_UPLOAD") or "").strip():
        return _dry_run(serving_folder())
    return uploader(settings, account, serving_folder(), _chosen)


# One for the process: what several nodes share is uploaded once, and deleted with the last of them.
_chosen = functools.lru_cache(maxsize=4)(choose_uploader)


@functools.lru_cache(maxsize=4)
def _dry_run(folder: Path) -> Uploader:
    from .dry_run import DryRun  # noqa: PLC0415 - for those who simulate only

    return DryRun(folder)
