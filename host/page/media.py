"""The media of running tasks, which the API host downloads from this ComfyUI.

Without ComfyUI's `/api` prefix: a file has one URL, and the short one passes every proxy that lets
ComfyUI's page pass. GET with ranges, and HEAD; there is no listing and no upload.
"""

from __future__ import annotations

from aiohttp import web

from ...wan27.upload.serving_folder import PATH, ServingFolder
from ..folders import serving_folder
from .http import HEADERS

__all__ = ["PATH", "get_media"]


async def get_media(request: web.Request) -> web.StreamResponse:
    """Return the file of that name, or 404 if no running task needs it.

    Never cached: a tunnel's copy would outlive the task, and so would its 404.
    """
    found = ServingFolder(serving_folder()).find(request.match_info["name"])
    if found is None:
        return web.Response(status=404, headers=HEADERS)
    path, content_type = found
    return web.FileResponse(path, headers={"Content-Type": content_type, **HEADERS})
