"""Fetching the video of a task again, in the background of the server: it costs nothing, and no node need run."""

from __future__ import annotations

import asyncio
import logging

from ..wan27.api.hosts import HOSTS, SIMULATOR, Account, choose_account
from ..wan27.collect import collect
from ..wan27.entry import Entry
from ..wan27.errors import Wan27Error
from .answers import Refused
from .events import node_failed, tasks_changed
from .session import session_of
from .settings import Settings
from .status import host_title

logger = logging.getLogger(__name__)


class Collecting:
    """What is being fetched, on the server's own event loop. A Cancel in ComfyUI is meant for nodes and does not reach it."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self, entry: Entry, settings: Settings) -> bool:
        """Begin to fetch, and return at once; False where that task is being fetched already. Raises `Refused` where it cannot be."""
        account = account_of(entry, settings)
        key = entry.host, str(entry.task_id)
        if key in self._tasks:
            return False
        self._tasks[key] = asyncio.get_running_loop().create_task(_collect(key[1], account, settings))
        self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key))
        return True


async def _collect(task_id: str, account: Account, settings: Settings) -> None:
    try:
        async with session_of(account, settings, lambda: None, lambda _: None) as session:
            await collect(task_id, session)
    except Wan27Error as error:
        logger.warning("Wan 2.7: %s", error)
        node_failed("", error, console=account.host.console, task_id=task_id)
    except Exception:
        logger.exception("Wan 2.7: task %s could not be fetched", task_id)
    finally:
        tasks_changed()


def account_of(entry: Entry, settings: Settings) -> Account:
    """The account that a task belongs to, whichever host a Run would use now. Raises `Refused` or `MissingKey`."""
    named = {host.name for host in (*HOSTS, SIMULATOR)}
    there = {"WAN27_HOST": entry.host, "WAN27_BASE_URL": None} if entry.host in named else {}
    account = choose_account(lambda name: there[name] if name in there else settings.get(name))
    if account.identity != entry.host:
        raise Refused(
            409, f"This task is at {host_title(entry.host)}. Set WAN27_BASE_URL to the address it was submitted to, then fetch it."
        )
    return account
