"""The routes of the tasks: list them, decide about one, forget it, download its video again."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ...wan27.api.key import host_of
from ...wan27.api.task_id import given_task_id
from ...wan27.errors import InvalidInput
from ...wan27.journal.entry import Entry
from ...wan27.journal.states import GROUPS
from ..folders import open_journal, output_folder, state_folder
from ..settings.store import Settings
from ..status.events import send_task_changed
from ..workflow import unpack_workflow
from .collect import Collector
from .follow import Follower
from .http import HEADERS, HttpError, setting
from .task_page import actions_of, task_page

if TYPE_CHECKING:
    from ...wan27.journal.journal import Journal
    from ...wan27.journal.listing import Query

_DEFAULT_COUNT, _MAX_COUNT = 50, 200
_MAX_FOLLOW_SECONDS = 30
_MAX_WORDS, _MAX_CHARACTERS = 10, 200  # of a search
_THUMBNAIL_NAME = re.compile(r"[0-9a-f]{32}")


class TaskRoutes:
    """The routes below /wan27/tasks, and what they started: downloads, and following."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._follower = Follower()

    async def get_tasks(self, request: web.Request) -> dict[str, Any]:
        """GET /wan27/tasks?count=…&before=…&task_id=…&search=…&group=…: see `task_page`.

        An open list sends `follow=…`: running tasks are followed for so many seconds.
        """
        count, before = _number(request, "count"), _number(request, "before")
        count = _DEFAULT_COUNT if count is None else min(max(count, 1), _MAX_COUNT)
        if seconds := _number(request, "follow"):
            await self._follower.look(min(seconds, _MAX_FOLLOW_SECONDS))
        query, now, problem = _query(request), time.time(), self._follower.problem
        return await asyncio.to_thread(
            lambda: task_page(
                *(open_journal(), output_folder(), count, before, now, query, problem),
                host_of=cache(lambda host_id: host_of(host_id, setting)),
            )
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


async def post_workflow(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/workflow: the workflow that bought a task, and its node.

    No GET: a page that pretends to be ours is known by the Origin, which a GET has not.
    """
    kept = await asyncio.to_thread(_kept_workflow, *_parse_entry(body))
    if kept is None:
        raise HttpError(
            404,
            "The workflow of this task is not kept: a program started it, ComfyUI runs with"
            " --disable-metadata, or its details were deleted.",
        )
    return kept


async def post_forget(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/forget: delete the details of a task that has ended, not its video."""
    return await _decide(body, lambda journal, entry: journal.forget(entry))


async def post_abandon(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/abandon: give up a request, which the next Run submits again."""
    return await _decide(body, lambda journal, entry: journal.abandon(entry))


async def post_attach(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/attach: this is the request's task; the next Run collects it."""
    try:
        task_id = given_task_id(str(body.get("task_id") or ""))
    except InvalidInput as error:
        raise HttpError(400, str(error)) from None
    await _decide(body, lambda journal, entry: journal.attach(entry, task_id))
    return {"task_id": task_id}


async def post_detach(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/tasks/detach: the id that a person gave was not this request's task."""
    return await _decide(body, lambda journal, entry: journal.detach(entry))


async def post_acknowledge(_body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/journal/acknowledge: a person has read that the journal was damaged."""
    await asyncio.to_thread(lambda: open_journal().acknowledge_damage())
    return {}


async def _decide(body: dict[str, Any], act: Callable[[Journal, Entry], object]) -> dict[str, Any]:
    """Change one entry as a person decided. None of the decisions submits anything."""

    def decide() -> Entry:
        journal = open_journal()
        entry = _find(journal, *_parse_entry(body))
        act(journal, entry)
        return entry

    send_task_changed(await asyncio.to_thread(decide))
    return {}


def _read_thumbnail(name: str) -> bytes:
    return open_journal().thumbnails.read(name)


def _kept_workflow(number: int, created: float) -> dict[str, Any] | None:
    journal = open_journal()
    return unpack_workflow(journal.workflows.read(_find(journal, number, created).workflow))


def _collectable(number: int, created: float) -> tuple[Entry, Settings]:
    entry = _find(open_journal(), number, created)
    if "collect" not in actions_of(entry):
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


def _query(request: web.Request) -> Query:
    # Late: the page shows its settings also where Python has no SQLite.
    from ...wan27.journal.listing import Query  # noqa: PLC0415

    group = request.query.get("group")
    if group is not None and group not in GROUPS:
        raise HttpError(400, f"group must be one of {', '.join(GROUPS)}.")
    words = request.query.get("search", "")[:_MAX_CHARACTERS].split()[:_MAX_WORDS]
    states = None if group is None else GROUPS[group]
    return Query(tuple(words), states, request.query.get("task_id"))
