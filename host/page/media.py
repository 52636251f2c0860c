"""The media of running tasks, for the API host that was told their names, and nothing else."""

from __future__ import annotations

from aiohttp import web

from ...wan27.upload.serving import PATH, ServingFolder
from ..folders import serving_folder
from .http import HEADERS

__all__ = ["PATH", "get_media"]


async def get_media(request: web.Request) -> web.StreamResponse:
    """The file of exactly that name, where a running task needs it; 404 for all else.

    Gone with the task, so in no cache either: a tunnel's would outlive it. ComfyUI would let
    pictures, and their absence, be cached.
    """
    found = ServingFolder(serving_folder()).find(request.match_info["name"])
    if found is None:
        return web.Response(status=404, headers=HEADERS)
    path, content_type = found
    return web.FileResponse(path, headers={"Content-Type": content_type, **HEADERS})
