"""A store whose URLs and answers differ from the documentation as the script says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from multidict import CIMultiDict

from wan27.simulator.error_answer import ErrorAnswer
from wan27.simulator.exchange import Answer, Received, Route
from wan27.simulator.store import URL_SECONDS, Store, xml_error
from wan27.simulator.tasks import Tasks

from .script import Script


class ScriptedStore(Store):
    """The shipped store behind redirects, with URLs of another life."""

    def __init__(
        self, tasks: Tasks, clock: Callable[[], float], script: Callable[[], Script]
    ) -> None:
        super().__init__(tasks, clock)
        self._script = script
        self._signed: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """Return the shipped call, HEAD, and the redirects to both."""
        (route,) = super().routes()
        head = replace(route, call="head", method="HEAD", handler=self._head)
        moved = [
            Route("moved", method, "/moved/{hops}/{name}", self._moved, xml_error)
            for method in ("GET", "HEAD")
        ]
        return [replace(route, handler=self._whole_or_part), head, *moved]

    def sign(self, task_id: str, seconds: int = URL_SECONDS) -> str:
        """Return a URL of the script's life, the same one again where it says so."""
        script = self._script()
        url = super().sign(task_id, script.url_seconds or seconds)
        if script.redirects:
            path, _, query = url.partition("?")
            name = path.rpartition("/")[2]
            url = f"{self.origin}/moved/{script.redirects}/{name}?{query}"
        return url if script.fresh_urls else self._signed.setdefault(task_id, url)

    async def _whole_or_part(self, received: Received) -> Answer:
        if self._script().ranges:
            return await self._download(received)
        headers = CIMultiDict(received.headers)
        headers.popall("Range", None)
        answer = await self._download(replace(received, headers=headers))
        kept = {name: value for name, value in answer.headers.items() if name != "Accept-Ranges"}
        return replace(answer, headers=kept)

    async def _head(self, received: Received) -> Answer:
        if not self._script().head:
            raise ErrorAnswer(405, "MethodNotAllowed", "The method is not allowed")
        return await self._download(received)

    async def _moved(self, received: Received) -> Answer:
        _, _, hops, name = received.path.split("/")
        path = f"/moved/{int(hops) - 1}/{name}" if int(hops) > 1 else self.path_of(name)
        location = f"{self.origin}{path}?{urlencode(received.query)}"
        return Answer(302, b"", {"Location": location})
