"""The simulator as an object: its thread, its ports, its folder, and the end of all three."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .origins import Origins
from .record import Received, Record
from .script import Script
from .tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self


class Simulator:
    """The API played on this machine. `with Simulator() as simulator:` starts it and leaves no thread, socket or file behind.

    `base_url` is known once it runs. `tasks` holds every task that was created: `len(simulator.tasks)` is what would have been paid for.
    Several can run at once; all of it may be read from any thread.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        remember: bool = True,
    ) -> None:
        """`port` 0 takes any free one. `folder` keeps the videos where the default forgets them with the simulator.

        `clock` returns seconds; tasks age and addresses expire by it. `remember` off keeps no record of requests.
        """
        self.script = script or Script()
        self.clock = clock
        self.tasks = Tasks()
        self.record = Record(remember)
        self.base_url = ""
        self.temporary = Path()  # where fetched media and, without a folder, the videos are; known once it runs
        self._port = port
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._end: Callable[[], Any] = lambda: None

    @property
    def requests(self) -> list[Received]:
        """Every request to the API and the store, in order; a refused one too."""
        return self.record.requests

    @property
    def submissions(self) -> list[Any]:
        """The JSON of every POST whose body came whole, refused or not."""
        return self.record.submissions

    @property
    def downloads(self) -> list[Mapping[str, str]]:
        """The headers of every request for a video."""
        return self.record.downloads

    def replace_script(self, script: Script) -> None:
        """Behave otherwise from the next request on."""
        self.script = script

    def start(self) -> str:
        """Start the thread and return the base URL. Raises OSError for a port that is taken, RuntimeError when it runs already."""
        if self._thread is not None:
            raise RuntimeError("the simulator runs already")
        ready: Future[str] = Future()
        thread = threading.Thread(target=self._run, args=(ready,), name="wan27-simulator", daemon=True)
        thread.start()
        try:
            self.base_url = ready.result()
        except BaseException:
            thread.join()
            raise
        self._thread = thread
        return self.base_url

    def stop(self) -> None:
        """End it and return when thread, sockets and temporary files are gone; nothing happens when it does not run."""
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
            videos = self._folder or self.temporary
            videos.mkdir(parents=True, exist_ok=True)
            origins = Origins(self, videos, self.temporary)
            try:
                ready.set_result(await origins.open(self._port))
                await end.wait()
            finally:
                await origins.close()
