"""A `wan27` session of this ComfyUI: its folders, its cancel, its progress display."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import time

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR
from ..wan27.api.key import Account, choose_account
from ..wan27.errors import Wan27Error
from ..wan27.money import DayLimits, midnight
from ..wan27.session import Batch, Progress, Session
from ..wan27.upload.own_certificate import trust_only
from ..wan27.upload.serving_folder import ServingFolder
from .cancel import batch_of_prompt
from .folders import serving_folder, state_folder, temporary_folder, videos_folder
from .journal import open_journal
from .settings.store import Settings
from .status.display import Display
from .status.events import NodeRef, send_error
from .status.text import host_title
from .upload import own_address, own_certificate, uploader_for


@asynccontextmanager
async def open_session(node: NodeRef) -> AsyncIterator[Session]:
    """Yield the session of one Run of a node, which shows its progress and its error.

    Raises `MissingKey` or `InvalidSetting` before anything is sent.
    """
    host, display = None, None
    batch = batch_of_prompt()
    try:
        with batch.keeping():
            settings, account = await asyncio.to_thread(_settings_and_account)
            host, display = account.host, Display(node, host_title(account.host.name))

            def tick(display: Display = display) -> None:
                batch.raise_if_canceled()
                display.tick()

            def report(progress: Progress, display: Display = display) -> None:
                with batch.keeping():  # the progress bar clears ComfyUI's flag
                    display.report(progress)

            async with session_of(account, settings, tick, report, batch) as session:
                with batch.keeping():  # closing the session lets the other items continue
                    yield session
    except Wan27Error as error:
        task_id = None if display is None else display.task_id
        send_error(node, error, host=host, task_id=task_id)
        raise


@asynccontextmanager
async def session_of(
    account: Account,
    settings: Settings,
    tick: Callable[[], None],
    report: Callable[[Progress], None],
    batch: Batch | None = None,
) -> AsyncIterator[Session]:
    """Yield a session of that account. Raises `InvalidSetting` or `JournalFailed`."""
    with tempfile.TemporaryDirectory(
        prefix="wan27-", dir=temporary_folder(), ignore_cleanup_errors=True
    ) as scratch:
        # In a thread: it reads files and builds a TLS context.
        session = await asyncio.to_thread(
            _session, account, settings, Path(scratch), tick, report, batch or Batch()
        )
        try:
            yield session
        finally:
            await session.client.aclose()


def _settings_and_account() -> tuple[Settings, Account]:
    settings = Settings(state_folder())
    return settings, choose_account(settings.get)


def _session(
    account: Account,
    settings: Settings,
    scratch: Path,
    tick: Callable[[], None],
    report: Callable[[Progress], None],
    batch: Batch,
) -> Session:
    account = _with_simulator(account)
    journal, client = open_journal(), Client(account)
    ServingFolder(serving_folder()).sweep(journal.is_needed, time())
    return Session(
        account=account,
        client=client,
        journal=journal,
        uploader=uploader_for(account, client, settings),
        folder=videos_folder(),
        scratch=scratch,
        tick=tick,
        report=report,
        timeout_seconds=settings.timeout_seconds,
        max_cost=settings.max_cost,
        prices=settings.prices,
        allow_jpeg=settings.allow_jpeg,
        keep_days=settings.keep_days,
        day_limits=DayLimits(settings.max_cost_day, settings.max_seconds_day, midnight(time())),
        batch=batch,
    )


def _with_simulator(account: Account) -> Account:
    """Return the account with the address of the running simulator, if that is its host."""
    if account.host != SIMULATOR:
        return account
    from ..wan27.simulator.shared import simulator_url  # noqa: PLC0415 - aiohttp and av

    certificate = own_certificate()
    trusted = trust_only(certificate) if certificate else None
    url = simulator_url({own_address(): trusted} if trusted else {})
    return replace(account, host=replace(account.host, base_url=url))
