"""The simulator's own side, which no real host has: what it holds, and its script to be changed while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from .refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .script import Script
    from .tasks import Tasks

STATE_PATH = "/simulator"
SCRIPT_PATH = "/simulator/script"


class Control:
    """Reads and replaces the script over HTTP; needs no key, since it listens on this machine only."""

    def __init__(self, script: Callable[[], Script], replace: Callable[[Script], None], tasks: Tasks, clock: Callable[[], float]) -> None:
        self._script = script
        self._replace = replace
        self._tasks = tasks
        self._clock = clock

    async def state(self, _request: web.Request) -> web.Response:
        """GET /simulator: the script and every task with its status."""
        now = self._clock()
        tasks = [{"task_id": task.id, "status": task.status(now), **task.body} for task in self._tasks]
        return web.json_response({"script": self._script().as_json(), "tasks": tasks})

    async def change(self, request: web.Request) -> web.Response:
        """PUT /simulator/script: replace the fields that the JSON object names; returns the whole script."""
        try:
            self._replace(self._script().changed(json.loads(await request.read())))
        except (ValueError, TypeError) as error:
            return web.json_response(Refusal(400, "INVALID_SCRIPT", str(error)).body, status=400)
        return web.json_response(self._script().as_json())
