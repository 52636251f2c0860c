"""A `wan27` session made of ComfyUI's parts: its folders, its interrupt flag, its progress display."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import time

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR, Account, choose_account, is_loopback
from ..wan27.errors import InvalidSetting
from ..wan27.journal import Journal
from ..wan27.session import Session
from ..wan27.upload.serve import Serve
from ..wan27.upload.serving import ServingFolder
from ..wan27.upload.uploader import Uploader, choose_uploader
from .display import Display
from .folders import serving_folder, state_folder, temporary_folder, videos_folder
from .settings import Settings


@asynccontextmanager
async def open_session(node_id: str) -> AsyncIterator[tuple[Session, Display]]:
    """Yield what one run of the node of that id works with. Raises `MissingKey` or `InvalidSetting` before anything is done."""
    # In a thread: it reads files and builds a TLS context, and other nodes live on this event loop too.
    with tempfile.TemporaryDirectory(prefix="wan27-", dir=temporary_folder(), ignore_cleanup_errors=True) as scratch:
        session, display = await asyncio.to_thread(_session, node_id, Path(scratch))
        try:
            yield session, display
        finally:
            await session.client.aclose()


def _session(node_id: str, scratch: Path) -> tuple[Session, Display]:
    settings = Settings(state_folder())
    account = _with_simulator(choose_account(settings.get))
    display = Display(node_id, account.host.title)
    journal = Journal(state_folder() / "journal.sqlite3")
    ServingFolder(serving_folder()).sweep(journal.is_needed, time())
    session = Session(
        account=account,
        client=Client(account),
        journal=journal,
        uploader=_uploader(account, settings),
        folder=videos_folder(),
        scratch=scratch,
        tick=display.tick,
        report=display.report,
        timeout_seconds=settings.timeout_seconds,
        max_cost=settings.max_cost,
        prices=settings.prices,
        allow_jpeg=settings.allow_jpeg,
        keep_days=settings.keep_days,
    )
    return session, display


def _with_simulator(account: Account) -> Account:
    if account.host != SIMULATOR:
        return account
    from .simulator import simulator_url  # noqa: PLC0415 - aiohttp's server and av, for those who simulate only

    return replace(account, host=replace(account.host, base_url=simulator_url()))


def _uploader(account: Account, settings: Settings) -> Uploader:
    value = settings.get("WAN27_UPLOAD")
    if account.identity == SIMULATOR.name and not (value or "").strip():
        return _dry_run(serving_folder())
    uploader = _chosen(value, settings.timeout_seconds, serving_folder())
    if isinstance(uploader, Serve) and is_loopback(uploader.address) and not account.host.is_local:
        raise InvalidSetting(
            f"WAN27_UPLOAD is an address of this very machine, which {account.host.title} cannot reach: give the public one, as the tunnel or "
            "the pod calls it."
        )
    return uploader


# One for the process: what several nodes share is uploaded once, and deleted with the last of them.
_chosen = functools.lru_cache(maxsize=4)(choose_uploader)


@functools.lru_cache(maxsize=4)
def _dry_run(folder: Path) -> Uploader:
    from .dry_run import DryRun  # noqa: PLC0415 - for those who simulate only

    return DryRun(folder)
