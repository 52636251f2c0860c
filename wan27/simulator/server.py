"""The simulator as an object: its thread, its ports, its folder, and the end of all three."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from typing_extensions import Self

from .error_answer import ErrorAnswer
from .exchange import Answer, Received, Route, json_answer, receive, send
from .origins import Origin
from .protocols.async_v3 import AsyncV3, flat_error
from .protocols.model_studio import ModelStudio
from .store import Store
from .studio import Studio
from .tasks import Task, Tasks
from .temporary_store import TemporaryStore

_OVERVIEW_PATH = "/simulator"


@dataclass
class Settings:
    """How tasks live; a change counts for the tasks that are created after it."""

    queued_seconds: float = 1.0
    working_seconds: float = 4.0  # the least; a slow rendering takes longer
    video: str | None = None  # the path of a file to serve instead of a rendered one


class Simulator:
    """The API on this machine. `with Simulator() as simulator:` leaves no thread, socket or file.

    `base_url` is set once it runs. A real host would charge for each of `tasks`.
    Several can run at once; everything may be read from any thread.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        port: int = 0,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`port` 0 takes any free one. `folder` keeps the videos; by default they are deleted.

        `clock` returns seconds: tasks age and URLs expire by it.
        """
        self.settings = settings or Settings()
        self.clock = clock
        self.tasks = Tasks()
        self.base_url = ""
        self.temporary = Path()  # fetched media and, without a folder, videos; set once it runs
        self._port = port
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._end: Callable[[], Any] = lambda: None

    def start(self) -> str:
        """Start the thread and return the base URL.

        Raises OSError for a port that is taken, RuntimeError when it is running already.
        """
        if self._thread is not None:
            raise RuntimeError("the simulator is running already")
        ready: Future[str] = Future()
        thread = threading.Thread(
            target=self._run, args=(ready,), name="wan27-simulator", daemon=True
        )
        thread.start()
        try:
            self.base_url = ready.result()
        except BaseException:
            thread.join()
            raise
        self._thread = thread
        return self.base_url

    def stop(self) -> None:
        """Stop, and return when thread, sockets and temporary files are gone. May be repeated."""
        if self._thread is None:
            return
        self._end()
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def serve(self, request: web.Request, route: Route) -> web.StreamResponse:
        """Answer one request. A subclass may inject faults. Runs on the simulator's event loop."""
        received = receive(request, route)
        try:
            await received.read_body(request)
            answer = await route.answer(received)
        except ErrorAnswer as error:
            answer = route.error(error)
        return await send(request, answer)

    def new_task(self, body: dict[str, Any]) -> Task:
        """Create a task. It is rendered unless it has a `path` or a `failure` already.

        A subclass may raise ErrorAnswer instead, as a host does for an empty account.
        """
        settings = self.settings
        task = Task(body, self.clock(), settings.queued_seconds, settings.working_seconds)
        if settings.video and Path(settings.video).is_file():
            task.path = Path(settings.video)
        elif settings.video:
            task.failure = f"the video {settings.video} does not exist"
        self.tasks.add(task)
        return task

    def new_store(self) -> Store:
        """Return the store of the videos, before it listens. A subclass may return another."""
        return Store(self.tasks, self.clock)

    def other_routes(self) -> list[Route]:
        """Return the calls of the API's origin that are no part of a protocol."""
        return [Route("overview", "GET", _OVERVIEW_PATH, self._overview, flat_error)]

    def unknown_path(self, error: ErrorAnswer) -> Answer:
        """Return the answer to a path or a method without a route."""
        return flat_error(error)

    def rendered(self, task: Task, path: Path) -> None:
        """Take a finished file before its task has it, in its own thread; for a subclass."""

    async def _overview(self, _received: Received) -> Answer:
        """Show a person every task and its state; needs no key."""
        now = self.clock()
        tasks = [
            {"task_id": each.id, "state": each.state(now).value, **each.body} for each in self.tasks
        ]
        return json_answer(200, {"tasks": tasks})

    def _run(self, ready: Future[str]) -> None:
        try:
            asyncio.run(self._live(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _live(self, ready: Future[str]) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        self._end = lambda: loop.call_soon_threadsafe(end.set)
        with tempfile.TemporaryDirectory(prefix="wan27-simulator-") as temporary:
            self.temporary = Path(temporary)
            async with AsyncExitStack() as stack:
                ready.set_result(await self._open(stack))
                await end.wait()

    async def _open(self, stack: AsyncExitStack) -> str:
        """Open both origins until the stack closes, and return the base URL of the API."""
        videos = self._folder or self.temporary
        videos.mkdir(parents=True, exist_ok=True)
        studio = Studio(self.new_task, self.rendered, videos, self.temporary)
        stack.push_async_callback(studio.close)
        store = self.new_store()
        temporary = TemporaryStore(self.temporary, self.clock)
        v3 = AsyncV3(studio, self.tasks, store, self.clock)
        model_studio = ModelStudio(studio, self.tasks, store, temporary, self.clock)
        routes = [*v3.routes(), *model_studio.routes(), *self.other_routes()]
        api_origin = Origin(routes, self.serve, unknown=self.unknown_path)
        store_origin = Origin([*store.routes(), *temporary.routes()], self.serve)
        for origin in (store_origin, api_origin):
            stack.push_async_callback(origin.close)
        base_url = await api_origin.open(self._port)
        store.origin = temporary.origin = await store_origin.open(0)
        return base_url
