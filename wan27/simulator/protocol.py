"""The API's two calls, as functions from a received request to an answer. What they assume is listed in `README.md`.

Sources: https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v and https://novita.ai/docs/api-reference/model-apis-task-result.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import limits
from .answer import Answer, json_answer
from .content import check_content
from .fetch import fetch_medium
from .refusal import Refusal
from .render import Order
from .result import task_result
from .tasks import Task
from .validate import API_DEFAULTS, URL_FIELDS, bad, check_body

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from .record import Received
    from .script import Script
    from .store import Store
    from .studio import Studio
    from .tasks import Tasks

SUBMIT_PATH = "/v3/async/wan2.7-i2v"
TASK_PATH = "/v3/async/task-result"


class Api:
    """Creates tasks and tells how they are."""

    def __init__(
        self,
        *,
        script: Callable[[], Script],
        clock: Callable[[], float],
        tasks: Tasks,
        store: Store,
        studio: Studio,
        session: aiohttp.ClientSession,
        folder: Path,
    ) -> None:
        """`script` returns the one that is in force; fetched media are kept in `folder` until they are rendered."""
        self._script = script
        self._clock = clock
        self._tasks = tasks
        self._store = store
        self._studio = studio
        self._session = session
        self._folder = folder

    async def submit(self, received: Received) -> Answer:
        """POST: check the key, the body and the media, create a task and return its id and nothing else. Raises Refusal."""
        self._check_key(received)
        if received.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            raise bad("the header Content-Type must be application/json")
        if received.problem:
            raise bad(received.problem)
        media = await self._fetched(check_body(received.json))
        task = self._create(received.json, media)
        return json_answer(200, {"task_id": task.id})

    async def task(self, received: Received) -> Answer:
        """GET: return the result object of a task. Raises Refusal (404, TASK_NOT_FOUND)."""
        self._check_key(received)
        task_id = received.query.get("task_id", "")
        task = self._tasks.find(task_id)
        if task is None:
            raise Refusal(404, "TASK_NOT_FOUND", "task not found")
        script = self._script()
        return json_answer(200, task_result(task, self._clock(), script, self._store.sign(task.id, script.url_seconds)))

    def _check_key(self, received: Received) -> None:
        scheme, _, key = received.headers.get("Authorization", "").partition(" ")
        script = self._script()
        if scheme.lower() != "bearer" or not key.strip():
            raise Refusal(script.missing_key_status, "MISSING_API_KEY", "the header Authorization: Bearer {API Key} is missing")
        if script.keys is not None and key.strip() not in script.keys:
            raise Refusal(403, "INVALID_API_KEY", "the API key is not valid")

    async def _fetched(self, urls: dict[str, str]) -> dict[str, Path]:
        """Return the media as checked files: role -> path. Raises Refusal, and then leaves no file."""
        media = {role: self._folder / f"{uuid.uuid4()}-{role}" for role in urls}
        try:
            for role, url in urls.items():
                await fetch_medium(self._session, role, url, media[role])
                await asyncio.to_thread(check_content, role, media[role])
        except BaseException:
            _discard(media)
            raise
        return media

    def _create(self, body: dict[str, Any], media: dict[str, Path]) -> Task:
        script = self._script()
        parameters = {"seed": secrets.randbelow(limits.SEED[1] + 1), **API_DEFAULTS, **body}
        for field in URL_FIELDS:
            parameters.pop(field, None)
        task = Task(parameters, self._clock(), script.queued_seconds, script.working_seconds)
        end = script.faults.take("run")
        task.empty = end is not None and end.do == "empty"
        task.failure = (end.reason or "the simulated model gave up") if end is not None and end.do == "fail" else ""
        if script.video and Path(script.video).is_file():
            task.path = Path(script.video)
        elif script.video:
            task.failure = f"the script's video {script.video} does not exist"
        self._tasks.add(task)
        if task.empty or task.failure or task.path:
            _discard(media)
        else:
            self._studio.start(task, Order(media, parameters["resolution"], parameters["duration"], parameters["watermark"]))
        return task


def _discard(media: dict[str, Path]) -> None:
    for path in media.values():
        path.unlink(missing_ok=True)
