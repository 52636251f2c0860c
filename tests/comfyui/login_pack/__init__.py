"""A node pack that puts a login before ComfyUI's routes, for tests; programs pass by its API."""

from __future__ import annotations

from aiohttp import web
from server import PromptServer

NODE_CLASS_MAPPINGS = {}

_OPEN = ("/prompt", "/history", "/object_info")


@web.middleware
async def ask_for_login(request: web.Request, handler) -> web.StreamResponse:
    """Send everyone else to the login."""
    if request.path.startswith(_OPEN):
        return await handler(request)
    raise web.HTTPFound("/login")


PromptServer.instance.app.middlewares.append(ask_for_login)
