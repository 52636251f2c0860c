"""A `wan27` session made of ComfyUI's parts: its folders, its interrupt flag, its progress display."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR, Account, choose_account
from ..wan27.journal import Journal
from ..wan27.session import Session
from ..wan27.upload.uploader import choose_uploader
from .display import Display
from .folders import state_folder, temporary_folder, videos_folder
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
    session = Session(
        account=account,
        client=Client(account),
        journal=Journal(state_folder() / "journal.sqlite3"),
        uploader=_uploader(settings.get("WAN27_UPLOAD"), settings.timeout_seconds),
        folder=videos_folder(),
        scratch=scratch,
        tick=display.tick,
        report=display.report,
        timeout_seconds=settings.timeout_seconds,
        max_cost=settings.max_cost,
    )
    return session, display


def _with_simulator(account: Account) -> Account:
    if account.host != SIMULATOR:
        return account
    from .simulator import simulator_url  # noqa: PLC0415 - aiohttp's server and av, for those who simulate only

    return replace(account, host=replace(account.host, base_url=simulator_url()))


# One for the process: what several nodes share is uploaded once, and deleted with the last of them.
_uploader = functools.lru_cache(maxsize=4)(choose_uploader)
