"""Where tasks become files: two renderings at a time, each in a daemon thread, so that neither an event loop nor an exit waits for one."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .render import Order, Stopped, render

if TYPE_CHECKING:
    from .tasks import Task

_AT_A_TIME = 2

_log = logging.getLogger(__name__)


class Studio:
    """Renders tasks into `folder`. Lives on one event loop; `close` stops and awaits whatever is under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = asyncio.Semaphore(_AT_A_TIME)
        self._stopping = threading.Event()
        self._running: set[asyncio.Task[None]] = set()

    def start(self, task: Task, order: Order) -> None:
        """Render a task's video in the background and put its path, or the failure, into the task; its media are deleted then."""
        running = asyncio.create_task(self._work(task, order))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Stop all renderings within a frame each and return when their threads are gone."""
        self._stopping.set()
        await asyncio.gather(*self._running)

    async def _work(self, task: Task, order: Order) -> None:
        async with self._room:
            loop, done = asyncio.get_running_loop(), asyncio.Event()

            def work() -> None:
                self._render(task, order)
                loop.call_soon_threadsafe(done.set)

            thread = threading.Thread(target=work, name=f"wan27-render-{task.id}", daemon=True)
            thread.start()
            await done.wait()
            thread.join()

    def _render(self, task: Task, order: Order) -> None:
        def progress(share: float) -> None:
            if self._stopping.is_set():
                raise Stopped
            task.rendered_share = share

        path = self._folder / f"{task.id}.mp4"
        try:
            progress(0.0)
            render(order, path, progress)
            task.path = path
        except Stopped:
            path.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001 - whatever a medium does to a decoder is the task's failure, not the simulator's
            _log.warning("simulated task %s could not be rendered", task.id, exc_info=True)
            path.unlink(missing_ok=True)
            task.failure = f"the simulator could not render the video: {error or type(error).__name__}"
        finally:
            for medium in order.media.values():
                medium.unlink(missing_ok=True)
