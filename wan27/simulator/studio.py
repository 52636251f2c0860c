"""From the media URLs of a request to a task and its video.

Two renderings run at a time, each in a daemon thread: neither an event loop nor an exit waits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from .error_answer import ErrorAnswer
from .fetch_media import discard, fetch_media
from .render import Order, Stopped, render
from .tasks import Task

_AT_A_TIME = 2

_log = logging.getLogger(__name__)


class Studio:
    """Creates tasks and renders their videos. Lives on one event loop until `close`."""

    def __init__(
        self,
        new_task: Callable[[dict[str, Any]], Task],
        rendered: Callable[[Task, Path], None],
        videos: Path,
        media: Path,
    ) -> None:
        """`rendered` is called with each finished file, before its task has it.

        `videos` is the folder for the results, `media` the one for what they are made from.
        """
        self._new_task = new_task
        self._rendered = rendered
        self._videos = videos
        self._media = media
        # trust_env stays off: a proxy in this machine's environment is not part of the simulation.
        self._session = aiohttp.ClientSession(headers={"User-Agent": "wan27-simulator"})
        self._free = asyncio.Semaphore(_AT_A_TIME)
        self._stopping = threading.Event()
        self._running: set[asyncio.Task[None]] = set()

    def create_failed(self, body: dict[str, Any], error: ErrorAnswer) -> Task:
        """Create a task that has failed already, as some hosts do for a bad request."""
        task = self._new_task(body)
        task.path, task.failure, task.failure_code = None, str(error), error.reason
        task.queued_seconds = task.working_seconds = 0
        return task

    async def create(self, body: dict[str, Any], urls: Mapping[str, str | Path]) -> Task:
        """Fetch and check the media (role -> URL or file), create a task, start its rendering.

        Raises ErrorAnswer (400) for media that cannot be used, or what `new_task` raises.
        """
        media = await fetch_media(self._session, urls, self._media)
        try:
            task = self._new_task(body)
        except ErrorAnswer:
            discard(media.values())
            raise
        if task.path or task.failure:
            discard(media.values())
        else:
            order = Order(media, body["resolution"], body["duration"], body["watermark"])
            running = asyncio.create_task(self._work(task, order))
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """Stop each rendering within a frame and return when its thread has ended."""
        self._stopping.set()
        await self._session.close()
        await asyncio.gather(*self._running)

    async def _work(self, task: Task, order: Order) -> None:
        async with self._free:
            loop, done = asyncio.get_running_loop(), asyncio.Event()

            def work() -> None:
                self._render(task, order)
                loop.call_soon_threadsafe(done.set)

            thread = threading.Thread(target=work, name=f"wan27-render-{task.id}", daemon=True)
            thread.start()
            await done.wait()
            thread.join()

    def _render(self, task: Task, order: Order) -> None:
        """Put the path of the video, or the failure, into the task; delete its media."""

        def progress(share: float) -> None:
            if self._stopping.is_set():
                raise Stopped
            task.rendered_share = share

        path = self._videos / f"{task.id}.mp4"
        try:
            progress(0.0)
            render(order, path, progress)
            self._rendered(task, path)
            task.path = path
        except Stopped:
            path.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001 - a medium that breaks a decoder fails the task only
            _log.warning("simulated task %s could not be rendered", task.id, exc_info=True)
            path.unlink(missing_ok=True)
            problem = str(error) or type(error).__name__
            task.failure = f"the simulator could not render the video: {problem}"
        finally:
            discard(order.media.values())
