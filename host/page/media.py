"""The media of running tasks, which the API host downloads from this ComfyUI or WAN27_SERVE_PORT.

Without ComfyUI's `/api` prefix: a file has one URL, and the short one passes every proxy that lets
ComfyUI's page pass. GET with ranges, and HEAD; there is no listing and no upload.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from aiohttp import web

from ...wan27.errors import Wan27Error
from ...wan27.upload.media_port import VARIABLE, MediaPort, open_media_port
from ...wan27.upload.serving_folder import PATH, ServingFolder
from ..folders import serving_folder
from ..settings.store import Settings
from .http import HEADERS

__all__ = ["PATH", "get_media", "open_serve_port", "serve_port"]

logger = logging.getLogger(__name__)


async def get_media(request: web.Request) -> web.StreamResponse:
    """Return the file of that name, or 404 if no running task needs it.

    Never cached: a tunnel's copy would outlive the task, and so would its 404.
    """
    found = ServingFolder(serving_folder()).find(request.match_info["name"])
    if found is None:
        return web.Response(status=404, headers=HEADERS)
    path, content_type = found
    return web.FileResponse(path, headers={"Content-Type": content_type, **HEADERS})


def serve_port(settings: Settings, serving: Path) -> MediaPort | None:
    """Return the port of WAN27_SERVE_PORT, which is open from now on; None where it is unset.

    `serving` is the folder of what is served. Raises `InvalidSetting`.
    """
    value = settings.get(VARIABLE)
    if value is None:
        return None
    cli_args = sys.modules.get("comfy.cli_args")  # the settings are also checked without ComfyUI
    return open_media_port(value, serving, cli_args.args.port if cli_args else None)


async def open_serve_port(_app: web.Application) -> None:
    """Open the port when ComfyUI starts: the tasks of before may still need their media."""
    serving = serving_folder()
    try:
        await asyncio.to_thread(lambda: serve_port(Settings(serving.parent), serving))
    except Wan27Error as error:
        logger.warning("Wan 2.7: %s", error)
