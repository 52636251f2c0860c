"""A `wan27` session of this ComfyUI: its folders, its cancel, its progress display."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import time

from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR
from ..wan27.api.key import Account, choose_account
from ..wan27.errors import NoRoom, Wan27Error
from ..wan27.money import DayLimits, midnight
from ..wan27.session import Batch, Progress, Session, in_thread
from ..wan27.upload.serving_folder import ServingFolder
from .cancel import batch_of_prompt
from .folders import open_journal, serving_folder, state_folder, temporary_folder, videos_folder
from .settings.store import Settings
from .status.display import Display
from .status.events import NodeRef, send_error
from .status.following import following
from .status.text import host_title
from .upload import uploader_for
from .workflow import pack_workflow

logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_session(node: NodeRef, notices: tuple[str, ...]) -> AsyncIterator[Session]:
    """Yield the session of one Run of a node, which shows its progress, notices and error.

    Raises `MissingKey` or `InvalidSetting` before anything is sent.
    """
    host, display = None, None
    batch = batch_of_prompt()
    try:
        with batch.keeping():
            settings, account = await in_thread(
                lambda _: _settings_and_account(), batch.raise_if_canceled
            )
            host = account.host
            display = Display(node, host_title(host.name), notices)

            def tick(display: Display = display) -> None:
                batch.raise_if_canceled()
                display.tick()

            with following(account.host_id) as follow:

                def report(progress: Progress, display: Display = display) -> None:
                    follow(progress)
                    with batch.keeping():  # the progress bar clears ComfyUI's flag
                        display.report(progress)

                async with session_of(account, settings, tick, report, batch) as session:
                    with batch.keeping():  # closing the session lets the other items continue
                        yield replace(session, workflow=partial(pack_workflow, node))
    except Wan27Error as error:
        task_id = None if display is None else display.task_id
        send_error(node, error, host=host, task_id=task_id)
        if error.log_hint:
            logger.warning("Wan 2.7: %s", error.log_hint)
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
    with ExitStack() as made:
        make_scratch = _scratch_maker(made)
        # In a thread: it reads files and builds a TLS context.
        session = await in_thread(
            lambda _: _session(account, settings, make_scratch, tick, report, batch or Batch()),
            tick,
        )
        try:
            yield session
        finally:
            await session.client.aclose()


def _scratch_maker(made: ExitStack) -> Callable[[], Path]:
    """Return what makes the scratch folder once, from any thread; `made` deletes it.

    A run that only collects a video must not fail for a folder that it does not need.
    """
    lock, folders = threading.Lock(), list[Path]()

    def make() -> Path:
        with lock:
            if not folders:
                parent = temporary_folder()
                try:
                    parent.mkdir(parents=True, exist_ok=True)
                    folder = tempfile.TemporaryDirectory(
                        prefix="wan27-", dir=parent, ignore_cleanup_errors=True
                    )
                except OSError as error:
                    raise NoRoom(
                        f"No temporary file can be made in {parent} ({error.strerror}). Make that"
                        " folder writable and free some space there, or choose another with"
                        " ComfyUI's --temp-directory. Nothing was sent."
                    ) from error
                folders.append(Path(made.enter_context(folder)))
            return folders[0]

    return make


def _settings_and_account() -> tuple[Settings, Account]:
    settings = Settings(state_folder())
    return settings, choose_account(settings.get)


def _session(
    account: Account,
    settings: Settings,
    make_scratch: Callable[[], Path],
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
        make_scratch=make_scratch,
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

    return replace(account, host=replace(account.host, base_url=simulator_url()))
