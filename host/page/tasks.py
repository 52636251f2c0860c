"""The recent tasks: list them, forget one, download the video of one again."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from ...wan27.journal.entry import Entry
from ...wan27.journal.journal import Journal
from ...wan27.journal.states import actions
from ...wan27.journal.thumbnails import Thumbnails
from ...wan27.money import format_money
from ..folders import output_folder, state_folder
from ..journal import open_journal
from ..settings.store import Settings
from ..status.text import host_title
from .collect import Collector
from .http import HEADERS, HttpError

_DEFAULT_COUNT, _MAX_COUNT = 50, 200
_THUMBNAILS = "/wan27/pictures/"
_THUMBNAIL_NAME = re.compile(r"[0-9a-f]{32}")


class TaskRoutes:
    """The routes below /wan27/tasks, and the downloads that they started."""

    def __init__(self) -> None:
        self._collector = Collector()

    async def get_tasks(self, request: web.Request) -> dict[str, Any]:
        """GET /wan27/tasks?count=…&before=…: see `task_page`."""
        count, before = _number(request, "count"), _number(request, "before")
        count = _DEFAULT_COUNT if count is None else min(max(count, 1), _MAX_COUNT)
        return await asyncio.to_thread(
            lambda: task_page(open_journal(), output_folder(), count, before, time.time())
        )

    async def get_thumbnail(self, request: web.Request) -> web.Response:
        """GET /wan27/pictures/<name>.jpg."""
        name = request.match_info["name"]
        is_name = _THUMBNAIL_NAME.fullmatch(name)
        content = await asyncio.to_thread(_read_thumbnail, f"{name}.jpg") if is_name else b""
        if not content:
            return web.Response(status=404, headers=HEADERS)
        return web.Response(body=content, content_type="image/jpeg", headers=HEADERS)

    async def post_forget(self, body: dict[str, Any]) -> dict[str, bool]:
        """POST /wan27/tasks/forget: delete the entry of a task that has ended, not its video."""
        return {"forgotten": await asyncio.to_thread(_forget, *_parse_entry(body))}

    async def post_collect(self, body: dict[str, Any]) -> dict[str, bool]:
        """POST /wan27/tasks/collect: download the video of a task again."""
        entry, settings = await asyncio.to_thread(_collectable, *_parse_entry(body))
        return {"started": self._collector.start(entry, settings)}


def _read_thumbnail(name: str) -> bytes:
    return Thumbnails(state_folder() / "thumbnails").read(name)


def task_page(
    journal: Journal, output: Path, count: int, before: int | None, now: float
) -> dict[str, Any]:
    """Return the newest `count` tasks older than `before`, and the amounts spent today.

    `more` is True if there are older tasks; `now` is in seconds since the epoch.
    """
    entries = journal.recent(count + 1, before)
    spent = journal.spent(_midnight(now), now + 1)
    return {
        "tasks": [task_payload(entry, output) for entry in entries[:count]],
        "more": len(entries) > count,
        "today": [format_money(amount, currency) for currency, amount in spent.items() if amount],
    }


def task_payload(entry: Entry, output: Path) -> dict[str, Any]:
    """Return one task.

    `video` is None for a file that is gone or that the page cannot play. `actions` are the routes
    below /wan27/tasks/ that the page may offer.
    """
    fields = ("prompt", "resolution", "duration", "seed")
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "state": entry.state.value,
        "host": host_title(entry.host),
        "mode": entry.mode,
        **{name: entry.parameters.get(name) for name in fields},
        "price": None if entry.cost is None else entry.cost.price,
        "created": entry.created,
        "updated": entry.updated,
        "error": entry.error,
        "thumbnail": f"{_THUMBNAILS}{entry.thumbnail}" if entry.thumbnail else None,
        "video": _video(entry.path, output),
        "path": None if entry.path is None else str(entry.path),
        "actions": _actions(entry),
    }


def _actions(entry: Entry) -> list[str]:
    return actions(entry.state, has_task_id=entry.task_id is not None)


def _video(path: Path | None, output: Path) -> dict[str, str] | None:
    """Return the parameters of ComfyUI's /view for a file in its output folder."""
    if path is None or not path.is_file():
        return None
    # As /view does, without following links.
    file, folder = Path(os.path.abspath(path)), Path(os.path.abspath(output))  # noqa: PTH100
    if not file.is_relative_to(folder):
        return None
    subfolder = file.relative_to(folder).parent.as_posix()
    return {
        "filename": path.name,
        "subfolder": "" if subfolder == "." else subfolder,
        "type": "output",
    }


def _midnight(now: float) -> float:
    """Return the last midnight in local time, in seconds since the epoch."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))


def _forget(number: int, created: float) -> bool:
    journal = open_journal()
    entry = _find(journal, number, created)
    if entry is None:
        return False
    journal.forget(entry)
    return _find(journal, number, created) is None


def _collectable(number: int, created: float) -> tuple[Entry, Settings]:
    entry = _find(open_journal(), number, created)
    if entry is None:
        raise HttpError(
            404, "This task is no longer in the journal. Task Poll collects it by its id."
        )
    if "collect" not in _actions(entry):
        raise HttpError(409, f"A task that is {entry.state.value} has no video to download.")
    return entry, Settings(state_folder())


def _find(journal: Journal, number: int, created: float) -> Entry | None:
    """Return the entry if it is still the same: SQLite gives a deleted row's number again."""
    return next(
        (
            entry
            for entry in journal.recent(1, number + 1)
            if (entry.id, entry.created) == (number, created)
        ),
        None,
    )


def _parse_entry(body: dict[str, Any]) -> tuple[int, float]:
    number, created = body.get("id"), body.get("created")
    if (
        isinstance(number, int)
        and isinstance(created, int | float)
        and 0 < number < 2**62
        and abs(created) < 2**53
    ):
        return number, float(created)
    raise HttpError(400, "id and created must be those of a task in the list.")


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", text):
        raise HttpError(400, f"{name} must be a whole number.")
    return int(text)
