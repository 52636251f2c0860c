"""One HTTP server on loopback. The simulator has two: the API, and the store with the videos."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from aiohttp import web

from .. import limits
from .error_answer import ErrorAnswer
from .exchange import ErrorShape, Route, send

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware  # not there in every aiohttp

Serve = Callable[[web.Request, Route], Awaitable[web.StreamResponse]]
_Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

ADDRESS = "127.0.0.1"
# Two images at the limit are a third larger as base64. Twice that, so that a body above a limit
# gets the error of the rule it breaks and not HTTP 413.
_BODY_BYTES = 4 * (limits.MEDIA["first_frame"].max_bytes + limits.MEDIA["last_frame"].max_bytes)
_GRACE_SECONDS = 1.0


class Origin:
    """A server for some routes. Create, open and close it on the same event loop."""

    def __init__(
        self, routes: Iterable[Route], serve: Serve, unknown: ErrorShape | None = None
    ) -> None:
        """`serve` answers every request; `unknown` is the shape of the error for other paths."""
        middlewares = [] if unknown is None else [_unknown_paths(unknown)]
        app = web.Application(client_max_size=_BODY_BYTES, middlewares=middlewares)
        for route in routes:
            # Without HEAD, which add_get would add: a signed URL is good for one method, as at S3.
            app.router.add_route(route.method, route.path, _handler(route, serve))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)

    async def open(self, port: int) -> str:
        """Listen on `port` (0: any) and return the base URL. Raises OSError for a taken port."""
        await self._runner.setup()
        await web.TCPSite(self._runner, ADDRESS, port).start()
        return f"http://{ADDRESS}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening and end all connections."""
        await self._runner.cleanup()


def _handler(route: Route, serve: Serve) -> _Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await serve(request, route)
        except ConnectionError:  # the client has left
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

    return handle


def _unknown_paths(error: ErrorShape) -> Middleware:
    """Return the middleware that answers for paths and methods without a route."""

    @web.middleware
    async def answer_unknown(request: web.Request, handler: _Handle) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as http:
            reason = "API_NOT_FOUND" if http.status in (404, 405) else "INVALID_REQUEST_BODY"
            return await send(request, error(ErrorAnswer(http.status, reason, http.reason)))

    return answer_unknown
