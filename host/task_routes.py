"""The routes of the recent tasks: to look at them, to forget one, to fetch the video of one again. Nothing here submits or buys anything."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..wan27.entry import Entry, State
from ..wan27.pictures import Pictures
from .answers import HEADERS, Refused
from .folders import open_journal, output_folder, state_folder
from .settings import Settings
from .task_list import find, task_page

if TYPE_CHECKING:
    from .collecting import Collecting

_MOST = 200
_NAME = re.compile(r"[0-9a-f]{32}")  # as pictures are named
_AT_HOST = {State.RUNNING, State.FINISHED}


class TaskRoutes:
    """The routes, and what is being fetched by them."""

    def __init__(self) -> None:
        self._collecting: Collecting | None = None

    async def get_tasks(self, request: web.Request) -> dict[str, Any]:
        """GET /wan27/tasks."""
        count, before = _number(request, "count"), _number(request, "before")
        page = min(50 if count is None else max(count, 1), _MOST)
        return await asyncio.to_thread(lambda: task_page(open_journal(), output_folder(), page, before, time.time()))

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
        from .collecting import Collecting  # noqa: PLC0415 - httpx, for those who fetch

        self._collecting = self._collecting or Collecting()
        entry, settings = await asyncio.to_thread(_open_entry, *_which(body))
        return {"started": self._collecting.start(entry, settings)}


def _picture(name: str) -> bytes:
    return Pictures(state_folder() / "pictures").read(f"{name}.jpg")


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
    if entry.state not in _AT_HOST or entry.task_id is None:
        raise Refused(409, f"A task that is {entry.state.value} has no video to fetch.")
    return entry, Settings(state_folder())


def _which(body: dict[str, Any]) -> tuple[int, float]:
    number, created = body.get("id"), body.get("created")
    if isinstance(number, int) and isinstance(created, int | float) and 0 < number < 2**62 and abs(created) < 2**53:
        return number, float(created)
    raise Refused(400, "Name a task by its id and the time at which it was created, as the list of tasks gives them.")


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is not None and not re.fullmatch("[0-9]{1,18}", text):
        raise Refused(400, f"{name} must be a whole number.")
    return None if text is None else int(text)
