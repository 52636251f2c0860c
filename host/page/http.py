"""How our routes answer the page: JSON in and out, never cached, every refusal a sentence; and who may write.

A write is JSON, which no form of another page can send, from a page of this very server: whatever
ComfyUI itself lets pass, a page from elsewhere must not change where media go or whose account
pays.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from ...wan27.errors import Wan27Error
from ..missing_packages import required

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
MAX_BYTES = 64 * 1024

_PORTS = {"http": 80, "https": 443}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request that is not done, with HTTP's status; the text is a sentence for the person at the page."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def reading(work: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    """A GET that answers what `work` returns."""

    async def handler(request: web.Request) -> web.Response:
        return await _answered(work(request))

    return handler


def writing(work: Callable[[dict[str, Any]], Awaitable[Any]], status: int = 200) -> Handler:
    """A POST that gives `work` its JSON object and answers what that returns."""

    async def handler(request: web.Request) -> web.Response:
        async def done() -> Any:
            refuse_foreign(request)
            return await work(await body_of(request))

        return await _answered(done(), status)

    return handler


async def _answered(work: Awaitable[Any], status: int = 200) -> web.Response:
    try:
        with required():
            content = await work
    except Refused as refused:
        content, status = {"error": str(refused)}, refused.status
    except Wan27Error as error:
        content, status = {"error": str(error)}, 409
    return web.json_response(content, status=status, headers=HEADERS)


def refuse_foreign(request: web.Request) -> None:
    """Raise `Refused` (403) for a request that a page of another server made.

    Browsers say so in headers that no page can change.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    if site not in {"none", "same-origin"} or (
        origin is not None and not _is_own(origin, request.headers.get("Host", ""))
    ):
        raise Refused(
            403,
            "This came from a page of another address. Open ComfyUI itself; a proxy in front of it"
            " must pass the Host header on.",
        )


def _is_own(origin: str, host: str) -> bool:
    """Whether both name the same server.

    The scheme may differ: a proxy in front may be the one that speaks TLS.
    """
    try:
        page = urlsplit(origin)
        return page.hostname is not None and _server(page) == _server(
            urlsplit(f"{page.scheme}://{host}")
        )
    except ValueError:  # no address at all
        return False


def _server(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port or _PORTS.get(parts.scheme)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request.

    Raises `Refused` for anything else, 415 or 413 before it is read.
    """
    if request.content_type != "application/json":
        raise Refused(415, "Send JSON, as Content-Type: application/json.")
    content = b""
    async for piece in request.content.iter_any():
        content += piece
        if len(content) > MAX_BYTES:
            raise Refused(413, f"That is too much: at most {MAX_BYTES // 1024} KB.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, 'Send a JSON object, such as {"name": "value"}.')
    return body
