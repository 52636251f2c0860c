"""Videos that the page asked to download again, collected on the server's own event loop.

ComfyUI's Cancel is for nodes and does not stop them.
"""

from __future__ import annotations

import asyncio
import logging

from ...wan27.api.hosts import HOST_NAMES
from ...wan27.api.key import Account, choose_account
from ...wan27.errors import Wan27Error, labeled
from ...wan27.journal.entry import Entry
from ..settings.store import Settings
from ..status.events import NO_NODE, send_error, send_task_changed, send_tasks_changed
from ..status.following import following
from ..status.text import host_title
from .http import HttpError

logger = logging.getLogger(__name__)


class Collector:
    """The downloads in progress, at most one for each task."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self, entry: Entry, settings: Settings) -> bool:
        """Start to collect a task and return at once; False if it is being collected already.

        Raises `HttpError` or `MissingKey` if it cannot be collected.
        """
        account = account_of(entry, settings)
        key = entry.host, str(entry.task_id)
        if key in self._running:
            return False
        work = asyncio.get_running_loop().create_task(_collect(entry, account, settings))
        self._running[key] = work
        work.add_done_callback(lambda _: self._running.pop(key))
        return True


async def _collect(entry: Entry, account: Account, settings: Settings) -> None:
    # Late: httpx may not be installed.
    from ...wan27.collect import collect  # noqa: PLC0415
    from ..session import session_of  # noqa: PLC0415

    task_id = str(entry.task_id)
    try:
        with following(account.host_id) as report:
            async with session_of(account, settings, lambda: None, report) as session:
                await collect(task_id, session)
        send_task_changed(entry)
    except Wan27Error as error:
        logger.warning("Wan 2.7: %s", error)
        send_error(NO_NODE, error, host=account.host, task_id=task_id)
    except Exception:
        logger.exception("Wan 2.7: task %s was not collected", task_id)
    finally:
        send_tasks_changed()


def account_of(entry: Entry, settings: Settings) -> Account:
    """Return the account of a task, which may be at another host than a Run would use now.

    Raises `HttpError` or `MissingKey`.
    """
    is_row = entry.host in HOST_NAMES
    fixed = {"WAN27_HOST": entry.host, "WAN27_BASE_URL": None} if is_row else {}
    account = choose_account(lambda name: fixed[name] if name in fixed else settings.get(name))
    if account.host_id != entry.host:
        raise HttpError(
            409,
            labeled(
                f"This task is at {host_title(entry.host)}. Set WAN27_BASE_URL in the settings to"
                " the address it was submitted to, then download it again."
            ),
        )
    return account
