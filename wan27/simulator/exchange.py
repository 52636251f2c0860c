"""A request and its answer as values, and the code that reads the one and writes the other."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from .error_answer import ErrorAnswer

_CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Received:
    """One request. `json` is None until the body was read and where it is empty or not JSON."""

    call: str  # "submit", "task", "download", "policy", "upload", …
    method: str
    path: str  # without the query
    query: Mapping[str, str]
    headers: Mapping[str, str]  # finds a name in any case
    json: Any = None
    problem: str = ""  # why the body is not JSON; "" where it is
    raw: bytes = field(default=b"", repr=False)  # the body of a form, which is not JSON

    async def read_body(self, request: web.Request) -> None:
        """Read and parse the body. Raises ErrorAnswer (413) for a body above the origin's limit."""
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise ErrorAnswer(413, "INVALID_REQUEST_BODY", str(error)) from error
        if self.headers.get("Content-Type", "").startswith("multipart/"):
            self.raw = raw
            return
        try:
            self.json = json.loads(raw, parse_constant=_refuse_constant) if raw else None
        except (ValueError, RecursionError) as error:
            self.problem = f"the body is not JSON: {error}"


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes of a file from `start`, read while they are sent."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response. Content-Length is not among the headers: it is the length of the body."""

    status: int
    body: bytes | Span = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """The number of bytes of the body."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.length

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of the body from `start` up to `stop`."""
        if isinstance(self.body, bytes):
            yield self.body[start:stop]
            return
        with self.body.path.open("rb") as file:
            file.seek(self.body.start + start)
            left = min(stop, self.body.length) - start
            while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


Handler = Callable[[Received], Awaitable[Answer]]
ErrorShape = Callable[[ErrorAnswer], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One call: its method and path, the function that answers it, and the shape of its errors."""

    call: str
    method: str
    path: str
    handler: Handler
    error: ErrorShape

    async def answer(self, received: Received) -> Answer:
        """Return the handler's answer, or its error in the shape of this route."""
        try:
            return await self.handler(received)
        except ErrorAnswer as error:
            return self.error(error)


def json_answer(status: int, value: Any) -> Answer:
    """Return an answer with a value as JSON."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def receive(request: web.Request, route: Route) -> Received:
    """Return a request whose headers have arrived; `read_body` reads the rest."""
    query = dict(request.query)
    return Received(route.call, request.method, request.path, query, request.headers)


async def begin(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Send the status and the headers of an answer."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = answer.length
    await response.prepare(request)
    return response


async def write(response: web.StreamResponse, answer: Answer, start: int, stop: int) -> None:
    """Send the bytes of the body from `start` up to `stop`."""
    for chunk in answer.chunks(start, stop):
        if chunk:
            await response.write(chunk)


async def send(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Send a whole answer. Raises ConnectionError when the client has left."""
    response = await begin(request, answer)
    await write(response, answer, 0, answer.length)
    await response.write_eof()
    return response


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number in JSON")
