"""The routes of the recent tasks: to look at them, to forget one, to fetch the video of one again.

Nothing here submits or buys anything.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from ...wan27.api.hosts import HOSTS, SIMULATOR
from ...wan27.api.key import Account, choose_account
from ...wan27.errors import Wan27Error
from ...wan27.journal.entry import Entry
from ...wan27.journal.journal import Journal
from ...wan27.journal.states import actions
from ...wan27.journal.thumbnails import Thumbnails
from ...wan27.money import format_money
from ..folders import output_folder, state_folder
from ..journal import open_journal
from ..settings.store import Settings
from ..status.events import NOWHERE, node_failed, tasks_changed
from ..status.text import host_title, price_text
from .http import HEADERS, Refused

_MOST = 200
_NAME = re.compile(r"[0-9a-f]{32}")  # as pictures are named


class TaskRoutes:
    """The routes, and what is being fetched by them."""

    def __init__(self) -> None:
        self._collecting = Collecting()

    async def get_tasks(self, request: web.Request) -> dict[str, Any]:
        """GET /wan27/tasks."""
        count, before = _number(request, "count"), _number(request, "before")
        page = min(50 if count is None else max(count, 1), _MOST)
        return await asyncio.to_thread(
            lambda: task_page(open_journal(), output_folder(), page, before, time.time())
        )

    async def get_picture(self, request: web.Request) -> web.Response:
        """GET /wan27/pictures/<name>.jpg."""
        name = request.match_info["name"]
        content = await asyncio.to_thread(_picture, name) if _NAME.fullmatch(name) else b""
        if not content:
            return web.Response(status=404, headers=HEADERS)
        return web.Response(body=content, content_type="image/jpeg", headers=HEADERS)

    async def post_forget(self, body: dict[str, Any]) -> dict[str, bool]:
        """POST /wan27/tasks/forget: an entry that has ended. Its video file stays."""
        return {"forgotten": await asyncio.to_thread(_forget, *_which(body))}

    async def post_collect(self, body: dict[str, Any]) -> dict[str, bool]:
        """POST /wan27/tasks/collect: the video of a task that the host has, once more."""
        entry, settings = await asyncio.to_thread(_open_entry, *_which(body))
        return {"started": self._collecting.start(entry, settings)}


def _picture(name: str) -> bytes:
    return Thumbnails(state_folder() / "thumbnails").read(f"{name}.jpg")


def _forget(number: int, created: float) -> bool:
    journal = open_journal()
    entry = find(journal, number, created)
    if entry is None:
        return False
    journal.forget(entry)
    return find(journal, number, created) is None


def _open_entry(number: int, created: float) -> tuple[Entry, Settings]:
    entry = find(open_journal(), number, created)
    if entry is None:
        raise Refused(404, "That task is no longer in the record; Task Poll collects it by its id.")
    if "collect" not in _actions(entry):
        raise Refused(409, f"A task that is {entry.state.value} has no video to fetch.")
    return entry, Settings(state_folder())


def _which(body: dict[str, Any]) -> tuple[int, float]:
    number, created = body.get("id"), body.get("created")
    if (
        isinstance(number, int)
        and isinstance(created, int | float)
        and 0 < number < 2**62
        and abs(created) < 2**53
    ):
        return number, float(created)
    raise Refused(
        400,
        "Name a task by its id and the time at which it was created, as the list of tasks gives"
        " them.",
    )


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is not None and not re.fullmatch("[0-9]{1,18}", text):
        raise Refused(400, f"{name} must be a whole number.")
    return None if text is None else int(text)


PICTURES = "/wan27/pictures/"


def task_page(
    journal: Journal, output: Path, count: int, before: int | None, now: float
) -> dict[str, Any]:
    """The newest `count` tasks before the one of that number, whether there are more, and what was spent since midnight (`now` in seconds)."""
    entries = journal.recent(count + 1, before)
    return {
        "tasks": [described(entry, output) for entry in entries[:count]],
        "more": len(entries) > count,
        "today": [
            format_money(amount, currency)
            for currency, amount in journal.spent(_midnight(now), now + 1).items()
            if amount
        ],
    }


def described(entry: Entry, output: Path) -> dict[str, Any]:
    """One task.

    `video` is how the page plays it, None for what is gone or elsewhere; `path` says where it is,
    or was. `actions` are the routes below /wan27/tasks/ that the page may offer.
    """
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "state": entry.state.value,
        "host": host_title(entry.host),
        "mode": entry.mode,
        **{
            name: entry.parameters.get(name)
            for name in ("prompt", "resolution", "duration", "seed")
        },
        "price": price_text(entry.cost),
        "created": entry.created,
        "updated": entry.updated,
        "error": entry.error,
        "picture": f"{PICTURES}{entry.thumbnail}" if entry.thumbnail else None,
        "video": _video(entry.path, output),
        "path": None if entry.path is None else str(entry.path),
        "actions": _actions(entry),
    }


def _actions(entry: Entry) -> list[str]:
    return actions(entry.state, has_task_id=entry.task_id is not None)


def _video(path: Path | None, output: Path) -> dict[str, str] | None:
    """How ComfyUI's /view names a file of its output folder; None for what is gone or elsewhere."""
    if path is None or not path.is_file():
        return None
    inside = Path(os.path.abspath(path)), Path(os.path.abspath(output))  # noqa: PTH100 - as /view does: links are not followed
    if not inside[0].is_relative_to(inside[1]):
        return None
    subfolder = inside[0].relative_to(inside[1]).parent.as_posix()
    return {
        "filename": path.name,
        "subfolder": "" if subfolder == "." else subfolder,
        "type": "output",
    }


def find(journal: Journal, number: int, created: float) -> Entry | None:
    """The entry of that number, if it is still the one that was begun then: SQLite gives the number of a removed row to the next one."""
    return next(
        (
            entry
            for entry in journal.recent(1, number + 1)
            if (entry.id, entry.created) == (number, created)
        ),
        None,
    )


def _midnight(now: float) -> float:
    """The last midnight of this machine's clock, in seconds since the epoch."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))


logger = logging.getLogger(__name__)


class Collecting:
    """What is being fetched, on the server's own event loop.

    A Cancel in ComfyUI is meant for nodes and does not reach it.
    """

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self, entry: Entry, settings: Settings) -> bool:
        """Begin to fetch, and return at once; False where that task is being fetched already.

        Raises `Refused` where it cannot be.
        """
        account = account_of(entry, settings)
        key = entry.host, str(entry.task_id)
        if key in self._tasks:
            return False
        self._tasks[key] = asyncio.get_running_loop().create_task(
            _collect(key[1], account, settings)
        )
        self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key))
        return True


async def _collect(task_id: str, account: Account, settings: Settings) -> None:
    from ...wan27.collect import collect  # noqa: PLC0415 - httpx, which may not be installed
    from ..session import session_of  # noqa: PLC0415

    try:
        async with session_of(account, settings, lambda: None, lambda _: None) as session:
            await collect(task_id, session)
    except Wan27Error as error:
        logger.warning("Wan 2.7: %s", error)
        node_failed(NOWHERE, error, console=account.host.console, task_id=task_id)
    except Exception:
        logger.exception("Wan 2.7: task %s could not be fetched", task_id)
    finally:
        tasks_changed()


def account_of(entry: Entry, settings: Settings) -> Account:
    """The account that a task belongs to, whichever host a Run would use now.

    Raises `Refused` or `MissingKey`.
    """
    named = {host.name for host in (*HOSTS, SIMULATOR)}
    there = {"WAN27_HOST": entry.host, "WAN27_BASE_URL": None} if entry.host in named else {}
    account = choose_account(lambda name: there[name] if name in there else settings.get(name))
    if account.host_id != entry.host:
        raise Refused(
            409,
            f"This task is at {host_title(entry.host)}. Set WAN27_BASE_URL to the address it was"
            " submitted to, then fetch it.",
        )
    return account
