"""The one route of this pack: it hands out the media of running tasks, to whoever knows their names, and nothing else.

`/wan27/media/<name>`, without the `/api` under which ComfyUI offers every route a second time: one address for one file, and the shorter one
passes every proxy that lets ComfyUI's own page pass. GET (with ranges) and HEAD; nothing is listed and nothing can be written.
"""

from __future__ import annotations

from aiohttp import web
from server import PromptServer

from ..wan27.upload.serving import PATH, ServingFolder
from .folders import serving_folder

# Gone with the task, so in no cache either: a tunnel's would outlive it. ComfyUI would let pictures, and their absence, be cached.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def add_routes() -> None:
    """Add it to the server, which must not have started yet. Where nodes are loaded without a server there is nothing to add it to."""
    server = getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.get(PATH + "{name}")(_media)


async def _media(request: web.Request) -> web.StreamResponse:
    """The file of exactly that name, where a running task needs it; 404 for all else."""
    found = ServingFolder(serving_folder()).find(request.match_info["name"])
    if found is None:
        return web.Response(status=404, headers=_HEADERS)
    path, content_type = found
    return web.FileResponse(path, headers={"Content-Type": content_type, **_HEADERS})
