"""The two origins on an event loop: the API with the simulator's own side, and the store that serves the videos from another port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from .. import limits
from .control import SCRIPT_PATH, STATE_PATH, Control
from .protocol import SUBMIT_PATH, TASK_PATH, Api
from .refusal import error_body
from .sending import Connection
from .store import FOLDER, Store
from .studio import Studio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from .server import Simulator

    Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

ADDRESS = "127.0.0.1"
# Two pictures at the limit, a third larger as base64, and as much again: what is above a limit is refused by its rule, not by its weight.
_BODY_BYTES = 4 * (limits.MEDIA["first_frame"].max_bytes + limits.MEDIA["last_frame"].max_bytes)
_GRACE_SECONDS = 1.0


class Origins:
    """Both servers of one simulator. Made, opened and closed on the same loop."""

    def __init__(self, simulator: Simulator, videos: Path, media: Path) -> None:
        self._stopping = asyncio.Event()
        self._studio = Studio(videos)
        # trust_env stays off: a proxy of this machine's environment is no part of the played network.
        self._session = aiohttp.ClientSession(headers={"User-Agent": "wan27-simulator"})
        self._store = Store(simulator.tasks, simulator.clock)
        connection = Connection(simulator.record, lambda: simulator.script.faults, self._stopping)
        api = Api(
            script=lambda: simulator.script,
            clock=simulator.clock,
            tasks=simulator.tasks,
            store=self._store,
            studio=self._studio,
            session=self._session,
            folder=media,
        )
        control = Control(lambda: simulator.script, simulator.replace_script, simulator.tasks, simulator.clock)
        self._runners = (_runner(_api_app(connection, api, control)), _runner(_store_app(connection, self._store)))

    async def open(self, port: int) -> str:
        """Listen, the API on `port` (0: any) and the store on any; return the API's base URL. Raises OSError for a port that is taken."""
        api, store = self._runners
        base_url = await _listen(api, port)
        self._store.origin = await _listen(store, 0)
        return base_url

    async def close(self) -> None:
        """End all connections and renderings."""
        self._stopping.set()
        for runner in self._runners:
            await runner.cleanup()
        await self._session.close()
        await self._studio.close()


def _api_app(connection: Connection, api: Api, control: Control) -> web.Application:
    app = web.Application(client_max_size=_BODY_BYTES, middlewares=[_flat_errors])
    app.router.add_post(SUBMIT_PATH, connection.at("submit", api.submit))
    app.router.add_get(TASK_PATH, connection.at("task", api.task), allow_head=False)
    app.router.add_get(STATE_PATH, control.state)
    app.router.add_put(SCRIPT_PATH, control.change)
    return app


def _store_app(connection: Connection, store: Store) -> web.Application:
    app = web.Application()
    # A signed address is good for one method, as at S3.
    app.router.add_get(FOLDER + "{name}", connection.at("download", store.download), allow_head=False)
    return app


@web.middleware
async def _flat_errors(request: web.Request, handler: Handle) -> web.StreamResponse:
    """Say in the API's own shape that there is no such path or method."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        reason = "API_NOT_FOUND" if error.status in (404, 405) else ""
        return web.json_response(error_body(error.status, reason, error.reason), status=error.status)


def _runner(app: web.Application) -> web.AppRunner:
    return web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)


async def _listen(runner: web.AppRunner, port: int) -> str:
    await runner.setup()
    await web.TCPSite(runner, ADDRESS, port).start()
    return f"http://{ADDRESS}:{runner.addresses[0][1]}"
