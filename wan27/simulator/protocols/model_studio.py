"""The calls of Alibaba Model Studio; README.md lists the assumptions.

Calls, statuses, errors: see `wan27/api/protocols/model_studio.py`, which this file does not use.
A bad input is a 200 with a task id there, and a task that has failed at the first look.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ... import limits
from ..error_answer import ErrorAnswer
from ..exchange import Answer, Received, Route, json_answer
from ..store import Store
from ..studio import Studio
from ..tasks import Task, Tasks, TaskState
from ..temporary_store import SCHEME, TemporaryStore
from .async_v3_rules import API_DEFAULTS
from .model_studio_rules import check_body, in_its_words, invalid

SUBMIT_PATH = "/api/v1/services/aigc/video-generation/video-synthesis"
TASKS_PATH = "/api/v1/tasks/"
UPLOADS_PATH, MODELS_PATH = "/api/v1/uploads", "/api/v1/models"
TASK_SECONDS = 24 * 3600  # the life of a finished task, and of its URL
MODELS = ("wan2.7-i2v", "wan2.7-i2v-2026-04-25")
_STATUSES = {
    TaskState.QUEUED: "PENDING",
    TaskState.PROCESSING: "RUNNING",
    TaskState.SUCCEEDED: "SUCCEEDED",
    TaskState.FAILED: "FAILED",
}


class ModelStudio:
    """Creates tasks, reports their progress, and gives policies for uploads."""

    def __init__(
        self,
        studio: Studio,
        tasks: Tasks,
        store: Store,
        temporary: TemporaryStore,
        clock: Callable[[], float],
    ) -> None:
        self._studio = studio
        self._tasks = tasks
        self._store = store
        self._temporary = temporary
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return all calls."""
        return [
            Route("submit", "POST", SUBMIT_PATH, self._submit, code_error),
            Route("task", "GET", TASKS_PATH + "{task_id}", self._task, code_error),
            Route("policy", "GET", UPLOADS_PATH, self._policy, code_error),
            Route("models", "GET", MODELS_PATH, self._models, code_error),
        ]

    async def _submit(self, received: Received) -> Answer:
        """Check key, headers and model, create a task, and return its id.

        Anything else that is wrong fails the task.
        """
        account, body = _account(received), received.json
        if received.headers.get("X-DashScope-Async") != "enable":
            message = "current user api does not support synchronous calls."
            raise ErrorAnswer(403, "AccessDenied", message)
        content_type = received.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if content_type != "application/json" or not isinstance(body, dict):
            raise invalid("the body must be a JSON object")
        model = _known_model(body.get("model"))
        resolves = received.headers.get("X-DashScope-OssResourceResolve") == "enable"
        try:
            urls, values = check_body(body)
            media = self._resolved(urls, account, model, resolves=resolves)
            task = await self._studio.create(_with_defaults(values), media)
        except ErrorAnswer as error:
            task = self._studio.create_failed(_with_defaults({"prompt": ""}), in_its_words(error))
        return _answer({"task_status": "PENDING", "task_id": task.id})

    async def _task(self, received: Received) -> Answer:
        """Return a task; one that is unknown or too old is a status, not an error."""
        _account(received)
        task_id = received.path.removeprefix(TASKS_PATH)
        task, now = self._tasks.find(task_id), self._clock()
        if task is None or now - task.created_seconds >= TASK_SECONDS:
            return _answer({"task_id": task_id, "task_status": "UNKNOWN"})
        return _answer(self._output(task, now), **_usage(task, now))

    async def _policy(self, received: Received) -> Answer:
        account = _account(received)
        if received.query.get("action") != "getPolicy":
            raise invalid("action should be getPolicy")
        model = _known_model(received.query.get("model"))
        data = self._temporary.new_policy(account, model)
        return json_answer(200, {"request_id": str(uuid.uuid4()), "data": data})

    async def _models(self, received: Received) -> Answer:
        _account(received)
        models = [{"model": name} for name in MODELS if name == received.query.get("model", name)]
        return _answer({"total": len(models), "models": models, "page_no": 1, "page_size": 1})

    def _resolved(
        self, urls: dict[str, str], account: str, model: str, *, resolves: bool
    ) -> dict[str, str | Path]:
        """Return a file for each upload, which needs the header, and the URL of all else."""
        media: dict[str, str | Path] = dict(urls)
        for role, url in urls.items():
            if url.startswith(SCHEME):
                path = self._temporary.find(url, account, model) if resolves else None
                if path is None:
                    message = "The provided URL does not appear to be valid. Ensure it is correctly"
                    raise ErrorAnswer(400, "InvalidParameter", f"{message} formatted: {role}")
                media[role] = path
        return media

    def _output(self, task: Task, now: float) -> dict[str, Any]:
        state = task.state(now)
        output: dict[str, Any] = {"task_id": task.id, "task_status": _STATUSES[state]}
        if state is TaskState.FAILED:
            output |= {"code": task.failure_code, "message": task.failure}
        if state is TaskState.SUCCEEDED:
            output |= {
                "orig_prompt": task.body.get("prompt", ""),
                "video_url": self._store.sign(task.id, TASK_SECONDS),
            }
        return output


def code_error(error: ErrorAnswer) -> Answer:
    """Return an error in the API's shape."""
    body = {"code": error.reason, "message": str(error), "request_id": str(uuid.uuid4())}
    return json_answer(error.status, body)


def _answer(output: dict[str, Any], **fields: Any) -> Answer:
    return json_answer(200, {"request_id": str(uuid.uuid4()), "output": output, **fields})


def _account(received: Received) -> str:
    """Return the key, any of which is an account; raise ErrorAnswer (401) without one."""
    scheme, _, key = received.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ErrorAnswer(401, "InvalidApiKey", "No API-key provided.")
    return key.strip()


def _known_model(model: object) -> str:
    if model not in MODELS:
        raise ErrorAnswer(404, "ModelNotFound", "Model not exist.")
    return str(model)


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    return {"seed": secrets.randbelow(limits.SEED[1] + 1), **API_DEFAULTS} | values


def _usage(task: Task, now: float) -> dict[str, Any]:
    if task.state(now) is not TaskState.SUCCEEDED:
        return {}
    seconds, tier = task.body["duration"], int(task.body["resolution"].removesuffix("P"))
    usage = {"duration": seconds, "output_video_duration": seconds, "video_count": 1, "SR": tier}
    return {"usage": usage}
