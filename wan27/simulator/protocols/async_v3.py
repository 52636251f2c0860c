"""The two calls of `/v3/async` of JieKou, Novita and PPIO; README.md lists the assumptions.

Calls: https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v
Result: https://novita.ai/docs/api-reference/model-apis-task-result
Errors: https://novita.ai/docs/api-reference/basic-error-code
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ... import limits
from ..error_answer import ErrorAnswer, invalid_body
from ..exchange import Answer, Received, Route, json_answer
from ..store import URL_SECONDS, Store
from ..studio import Studio
from ..tasks import Task, Tasks, TaskState
from .async_v3_rules import API_DEFAULTS, URL_FIELDS, check_body

SUBMIT_PATH = "/v3/async/wan2.7-i2v"
TASK_PATH = "/v3/async/task-result"
_TASK_TYPE = "SIMULATED_WAN2_7_I2V"  # the real word is not documented, so no client may read it
_STATUSES = {
    TaskState.QUEUED: "TASK_STATUS_QUEUED",
    TaskState.PROCESSING: "TASK_STATUS_PROCESSING",
    TaskState.SUCCEEDED: "TASK_STATUS_SUCCEED",
    TaskState.FAILED: "TASK_STATUS_FAILED",
}


class AsyncV3:
    """Creates tasks and reports their progress."""

    def __init__(
        self, studio: Studio, tasks: Tasks, store: Store, clock: Callable[[], float]
    ) -> None:
        self._studio = studio
        self._tasks = tasks
        self._store = store
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return both calls."""
        return [
            Route("submit", "POST", SUBMIT_PATH, self._submit, flat_error),
            Route("task", "GET", TASK_PATH, self._task, flat_error),
        ]

    async def _submit(self, received: Received) -> Answer:
        """Check the key, the body and the media, create a task, and return its id alone."""
        _check_key(received)
        content_type = received.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if content_type != "application/json":
            raise invalid_body("the header Content-Type must be application/json")
        if received.problem:
            raise invalid_body(received.problem)
        urls = check_body(received.json)
        defaults = {"seed": secrets.randbelow(limits.SEED[1] + 1), **API_DEFAULTS}
        given = {name: value for name, value in received.json.items() if name not in URL_FIELDS}
        task = await self._studio.create(defaults | given, urls)
        return json_answer(200, {"task_id": task.id})

    async def _task(self, received: Received) -> Answer:
        """Return the result object of a task. Raises ErrorAnswer (404, TASK_NOT_FOUND)."""
        _check_key(received)
        task = self._tasks.find(received.query.get("task_id", ""))
        if task is None:
            raise ErrorAnswer(404, "TASK_NOT_FOUND", "task not found")
        return json_answer(200, _task_result(task, self._clock(), self._store.sign(task.id)))


def flat_error(error: ErrorAnswer) -> Answer:
    """Return an error in the API's shape: `code` repeats the status, `metadata` is empty."""
    body = {"code": error.status, "reason": error.reason, "message": str(error), "metadata": {}}
    return json_answer(error.status, body)


def _check_key(received: Received) -> None:
    """Raise ErrorAnswer unless there is a key; any key is good enough."""
    scheme, _, key = received.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        message = "the header Authorization: Bearer {API Key} is missing"
        raise ErrorAnswer(400, "MISSING_API_KEY", message)


def _task_result(task: Task, now_seconds: float, video_url: str) -> dict[str, Any]:
    """Return the result object, which has the same five keys in every state."""
    state = task.state(now_seconds)
    succeeded = state is TaskState.SUCCEEDED
    video = {"video_url": video_url, "video_url_ttl": str(URL_SECONDS), "video_type": "mp4"}
    return {
        "extra": {"seed": str(task.body["seed"])} if succeeded else {},
        "task": {
            "task_id": task.id,
            "task_type": _TASK_TYPE,
            "status": _STATUSES[state],
            "reason": task.failure if state is TaskState.FAILED else "",
            "eta": task.eta_seconds(now_seconds),
            "progress_percent": task.progress_percent(now_seconds),
        },
        "images": [],
        "videos": [video] if succeeded else [],
        "audios": [],
    }
