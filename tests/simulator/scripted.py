"""The shipped simulator, with faults between the request and its response, and a record of both.

The order decides what is charged: before the body is read, no task exists. Once the route has
answered, the task exists, whatever the client receives.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from wan27.simulator import Simulator
from wan27.simulator.error_answer import ErrorAnswer
from wan27.simulator.exchange import (
    Answer,
    Received,
    Route,
    begin,
    json_answer,
    receive,
    send,
    write,
)
from wan27.simulator.store import Store
from wan27.simulator.tasks import Task, TaskState

from .deviations import (
    balance_route,
    has_data_url,
    refuse_data,
    reshaped,
    shaped,
    with_known_fields,
    with_life,
)
from .faults import Fault
from .film import refilm
from .script import Script
from .store import ScriptedStore
from .words import error_answer, reworded

_OF_THE_API = ("submit", "task", "policy", "models", "balance")
_LOOK_SECONDS = 0.05  # between two checks whether the client of a stalled response still waits
_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
# The reasons of the documented errors, for faults that name none.
_USUAL_REASONS = {
    400: "INVALID_REQUEST_BODY",
    401: "FAILED_TO_AUTH",
    403: "INVALID_API_KEY",
    404: "TASK_NOT_FOUND",
    429: "RATE_LIMIT_EXCEEDED",
    500: "CREATE_TASK_FAILED",
    503: "SERVICE_NOT_AVAILABLE",
}


_TOO_MANY = Fault(on="submit", do="status", status=429, headers={"Retry-After": "1"})


class ScriptedSimulator(Simulator):
    """A simulator that follows a script and remembers every request, newest last."""

    def __init__(
        self, script: Script | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns seconds; tasks age and URLs expire by it."""
        self.replace_script(script or Script())
        super().__init__(self.script, clock=clock)
        self.requests: list[Received] = []  # every request, in order
        self.injected: list[Fault | None] = []  # the fault of each of them
        self.submissions: list[Any] = []  # the JSON of every POST whose complete body arrived
        self.downloads: list[Mapping[str, str]] = []  # the headers of every request for a video
        self.without_video: set[str] = set()  # ids of tasks that succeed without one
        self._stopping = threading.Event()

    def replace_script(self, script: Script) -> None:
        """Follow another script from the next request on."""
        self.script = self.settings = script

    def forget(self) -> None:
        """Empty the record of requests."""
        for record in (self.requests, self.injected, self.submissions, self.downloads):
            record.clear()

    def start(self) -> str:
        """Start; see `Simulator.start`."""
        self._stopping.clear()
        return super().start()

    def stop(self) -> None:
        """End all stalled responses, and stop."""
        self._stopping.set()
        super().stop()

    def new_task(self, body: dict[str, Any]) -> Task:
        """Create a task that ends as the script says."""
        task = super().new_task(body)
        fault = self.script.faults.take("run")
        if fault is not None and fault.do == "fail":
            task.failure = fault.reason or "the simulated model failed"
        if fault is not None and fault.do == "empty":
            task.path = task.path or Path("none")
            self.without_video.add(task.id)
        return task

    def new_store(self) -> Store:
        """Return a store that follows the script."""
        return ScriptedStore(self.tasks, self.clock, lambda: self.script)

    def other_routes(self) -> list[Route]:
        """Return the shipped calls, and the one for the balance."""
        balance = balance_route(
            lambda: self.script, lambda: sum(task.body["duration"] for task in self.tasks)
        )
        return [*super().other_routes(), balance]

    def unknown_path(self, error: ErrorAnswer) -> Answer:
        """Return the answer in the script's form."""
        return shaped(error, super().unknown_path, self.script)

    def rendered(self, task: Task, path: Path) -> None:  # noqa: ARG002 - of any task
        """Make the file what the script says."""
        if self.script.film:
            refilm(path, self.script.film)

    async def serve(self, request: web.Request, route: Route) -> web.StreamResponse:
        """Answer one request, with the next fault of its call."""
        if route.call in _OF_THE_API:
            route = reshaped(route, self.script)
        received = receive(request, route)
        fault = self.script.faults.take(route.call) or self._too_many(route)
        self._remember(received, fault)
        if fault and fault.do == "drop_before_body":
            return _cut(request)
        try:
            await received.read_body(request)
        except ErrorAnswer as error:
            return await send(request, route.error(error))
        if route.call == "submit":
            self.submissions.append(received.json)
        if fault and fault.do == "status":
            return await send(request, _with_headers(_scripted(fault, route, fault.status), fault))
        answer = await self._answer(received, route, fault)
        if fault is None:
            return await send(request, answer)
        if fault.do == "drop_after_body":
            return _cut(request)
        return await self._send_damaged(request, _damaged(answer, route, fault), fault)

    def _too_many(self, route: Route) -> Fault | None:
        most, ended = self.script.tasks_at_once, (TaskState.SUCCEEDED, TaskState.FAILED)
        if route.call != "submit" or most is None:
            return None
        running = [task for task in self.tasks if task.state(self.clock()) not in ended]
        return _TOO_MANY if len(running) >= most else None

    def _remember(self, received: Received, fault: Fault | None) -> None:
        self.requests.append(received)
        self.injected.append(fault)
        if received.call == "download":
            self.downloads.append(received.headers)

    async def _answer(self, received: Received, route: Route, fault: Fault | None) -> Answer:
        """Return the shipped simulator's response, with the statuses of the script."""
        if fault and fault.do == "ignore_range":
            headers = CIMultiDict(received.headers)
            headers.popall("Range", None)
            received = replace(received, headers=headers)
        if route.call in _OF_THE_API and self._is_refused_key(received):
            return error_answer(route, ErrorAnswer(403, "INVALID_API_KEY", "the key is not valid"))
        if route.call == "submit":
            return await self._submission(received, route)
        answer = await route.answer(received)
        if route.call == "task" and answer.status == 200:
            result = reworded(json.loads(answer.body), self.script.statuses, self.without_video)
            return json_answer(200, with_life(result, self.script))
        return answer

    async def _submission(self, received: Received, route: Route) -> Answer:
        try:
            refuse_data(received, self.script)
        except ErrorAnswer as error:
            return error_answer(route, error)
        answer = await route.answer(with_known_fields(received, self.script))
        if answer.status == 200 and self.script.data == "fails" and has_data_url(received.json):
            self.tasks[-1].failure = "failed to download image_url"
        return answer

    def _is_refused_key(self, received: Received) -> bool:
        key = received.headers.get("Authorization", "").removeprefix("Bearer").strip()
        return bool(key) and self.script.keys is not None and key not in self.script.keys

    async def _send_damaged(
        self, request: web.Request, answer: Answer, fault: Fault
    ) -> web.StreamResponse:
        stalls = fault.do == "stall"
        if stalls and fault.after_bytes is None and not await self._stall(request, fault):
            return _cut(request)
        response = await begin(request, answer)
        sent = 0
        if fault.do == "truncate" or (stalls and fault.after_bytes is not None):
            sent = _after_bytes(answer, fault)
            await write(response, answer, 0, sent)
            if fault.do == "truncate" or not await self._stall(request, fault):
                if request.transport is not None:
                    request.transport.close()  # written bytes still arrive
                return response
        await write(response, answer, sent, answer.length)
        await response.write_eof()
        return response

    async def _stall(self, request: web.Request, fault: Fault) -> bool:
        """Wait; return False if the client or the simulator stops before the end."""
        loop = asyncio.get_running_loop()
        end = float("inf") if fault.seconds is None else loop.time() + fault.seconds
        while loop.time() < end:
            transport = request.transport
            if self._stopping.is_set() or transport is None or transport.is_closing():
                return False
            await asyncio.sleep(min(_LOOK_SECONDS, end - loop.time()))
        return True


def _scripted(fault: Fault, route: Route, status: int) -> Answer:
    """Return the fault's own body, or the usual error of a status, or a gateway's page for 200."""
    if fault.body is not None and not isinstance(fault.body, str):
        return json_answer(status, fault.body)
    if fault.body is None and status >= 400:
        is_store = fault.on in ("download", "upload")
        usual = "InternalError" if is_store else _USUAL_REASONS.get(status, "")
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "error"
        return error_answer(route, ErrorAnswer(status, fault.reason or usual, phrase))
    page = _GATEWAY_PAGE if fault.body is None else fault.body
    return Answer(status, page.encode(), {"Content-Type": "text/html"})


def _damaged(answer: Answer, route: Route, fault: Fault) -> Answer:
    """Return the part of the response that the fault leaves."""
    if fault.do == "status_after_body":
        answer = _scripted(fault, route, fault.status)
    if fault.do == "wrong_content":
        answer = _scripted(fault, route, 200)
    if fault.do == "wrong_length":
        answer = _shortened(answer, _after_bytes(answer, fault))
    return _with_headers(answer, fault)


def _with_headers(answer: Answer, fault: Fault) -> Answer:
    return replace(answer, headers={**answer.headers, **fault.headers})


def _shortened(answer: Answer, length: int) -> Answer:
    body = answer.body
    if isinstance(body, bytes):
        return replace(answer, body=body[:length])
    return replace(answer, body=replace(body, length=min(length, body.length)))


def _after_bytes(answer: Answer, fault: Fault) -> int:
    """Return the number of bytes before the fault happens; by default half of the body."""
    wanted = answer.length // 2 if fault.after_bytes is None else fault.after_bytes
    return min(wanted, answer.length)


def _cut(request: web.Request) -> web.StreamResponse:
    """Abort the connection: nothing more of a response arrives."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
