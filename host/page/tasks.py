"""The recent tasks: list them, decide about one, forget it, download its video again."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ...wan27.api.hosts import billing_page
from ...wan27.journal.entry import Entry
from ...wan27.journal.states import State, actions
from ...wan27.journal.thumbnails import Thumbnails
from ...wan27.money import format_money, midnight
from ..folders import open_journal, output_folder, state_folder
from ..settings.store import Settings
from ..status.text import host_title
from .collect import Collector
from .http import HEADERS, HttpError

if TYPE_CHECKING:
    from ...wan27.journal.journal import Journal

_DEFAULT_COUNT, _MAX_COUNT = 50, 200
_THUMBNAILS = "/wan27/pictures/"
_THUMBNAIL_NAME = re.compile(r"[0-9a-f]{32}")


class TaskRoutes:
    """The routes below /wan27/tasks, and the downloads that they started."""

    def __init__(self) -> None:
        self._collector = Collector()

    async def get_tasks(self, request: web.Request) -> dict[str, Any]:
        """GET /wan27/tasks?count=…&before=…&task_id=…: see `task_page`."""
        count, before = _number(request, "count"), _number(request, "before")
        task_id = request.query.get("task_id")
        count = _DEFAULT_COUNT if count is None else min(max(count, 1), _MAX_COUNT)
        return await asyncio.to_thread(
            lambda: task_page(open_journal(), output_folder(), count, before, time.time(), task_id)
        )

    async def get_thumbnail(self, request: web.Request) -> web.Response:
        """GET /wan27/pictures/<name>.jpg."""
        name = request.match_info["name"]
        is_name = _THUMBNAIL_NAME.fullmatch(name)
        content = await asyncio.to_thread(_read_thumbnail, f"{name}.jpg") if is_name else b""
        if not content:
            return web.Response(status=404, headers=HEADERS)
        return web.Response(body=content, content_type="image/jpeg", headers=HEADERS)

    async def post_collect(self, body: dict[str, Any]) -> dict[str, bool]:
        """POST /wan27/tasks/collect: download the video of a task again."""
        entry, settings = await asyncio.to_thread(_collectable, *_parse_entry(body))
        return {"started": self._collector.start(entry, settings)}


async def post_forget(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/forget: delete the details of a task that has ended, not its video."""
    return await _decide(body, lambda journal, entry: journal.forget(entry))


async def post_abandon(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/abandon: give up a request, which the next Run submits again."""
    return await _decide(body, lambda journal, entry: journal.abandon(entry))


async def post_attach(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/attach: this is the request's task; the next Run collects it."""
    task_id = body.get("task_id")
    if not isinstance(task_id, str) or not task_id.strip() or not task_id.isprintable():
        raise HttpError(400, "task_id must be the id of a task, as your account shows it.")
    return await _decide(body, lambda journal, entry: journal.attach(entry, task_id.strip()))


async def post_detach(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/detach: the id that a person gave was not this request's task."""
    return await _decide(body, lambda journal, entry: journal.detach(entry))


async def post_acknowledge(_body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/journal/acknowledge: a person has read that the journal was damaged."""
    await asyncio.to_thread(lambda: open_journal().acknowledge_damage())
    return {}


async def _decide(body: dict[str, Any], act: Callable[[Journal, Entry], object]) -> dict[str, Any]:
    """Change one entry as a person decided. None of the decisions submits anything."""

    def decide() -> None:
        journal = open_journal()
        act(journal, _find(journal, *_parse_entry(body)))

    await asyncio.to_thread(decide)
    return {}


def _read_thumbnail(name: str) -> bytes:
    return Thumbnails(state_folder() / "thumbnails").read(name)


def task_page(
    journal: Journal,
    output: Path,
    count: int,
    before: int | None,
    now: float,
    task_id: str | None = None,
) -> dict[str, Any]:
    """Return the newest `count` tasks older than `before`, and what was spent today.

    With `task_id`, only those with that id are returned.

    `more` is True if there are older tasks; `now` is in seconds since the epoch. `damage` is the
    message of a damaged journal that no one has acknowledged.
    """
    _settle_dead(journal)
    entries = journal.recent(count + 1, before, task_id)
    spent = journal.spent(midnight(now))
    today = [format_money(amount, currency) for currency, amount in spent.costs.items() if amount]
    return {
        "tasks": [task_payload(entry, output) for entry in entries[:count]],
        "more": len(entries) > count,
        "today": today,
        "today_seconds": spent.seconds,
        "damage": journal.damage(),
    }


def _settle_dead(journal: Journal) -> None:
    """Turn submissions whose sender is gone into uncertain ones, so that a person can decide."""
    for entry in journal.in_state(State.SUBMITTING):
        journal.settle(entry)


def task_payload(entry: Entry, output: Path) -> dict[str, Any]:
    """Return one task.

    `video` is None for a file that is gone or that the page cannot play. `actions` are the routes
    below /wan27/tasks/ that the page may offer; `billing` is the host's page of charges, or None.
    """
    fields = ("prompt", "resolution", "duration", "seed")
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "state": entry.state.value,
        "host": host_title(entry.host),
        "billing": billing_page(entry.host) or None,
        "mode": entry.mode,
        **{name: entry.parameters.get(name) for name in fields},
        "price": None if entry.cost is None else entry.cost.price,
        "created": entry.created,
        "updated": entry.updated,
        "error": entry.error,
        "thumbnail": f"{_THUMBNAILS}{entry.thumbnail}" if entry.thumbnail else None,
        "video": _video(entry.path, output),
        "path": None if entry.path is None else str(output / entry.path),
        "actions": _actions(entry),
    }


def _actions(entry: Entry) -> list[str]:
    has_task_id = entry.task_id is not None
    return actions(entry.state, has_task_id=has_task_id, attached=entry.attached)


def _video(path: PurePosixPath | None, output: Path) -> dict[str, str] | None:
    """Return the parameters of ComfyUI's /view for a file of its output folder."""
    if path is None or not (output / path).is_file():
        return None
    subfolder = path.parent.as_posix()
    return {
        "filename": path.name,
        "subfolder": "" if subfolder == "." else subfolder,
        "type": "output",
    }


def _collectable(number: int, created: float) -> tuple[Entry, Settings]:
    entry = _find(open_journal(), number, created)
    if "collect" not in _actions(entry):
        raise HttpError(409, f"A task that is {entry.state.value} has no video to download.")
    return entry, Settings(state_folder())


def _find(journal: Journal, number: int, created: float) -> Entry:
    entry = journal.find_entry(number, created)
    if entry is None:
        raise HttpError(
            404, "This task is no longer in the journal. Task Poll collects it by its id."
        )
    return entry


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
