"""What a Run needs, imported beside the start: an update while ComfyUI runs mixes no versions.

ComfyUI Manager replaces or removes the files of a pack at once; a restart comes later, if at all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from ...wan27.errors import NotInstalled
from ..missing_packages import explain_missing_packages


async def import_early(_app: web.Application) -> None:
    """Begin when ComfyUI's server starts, in a thread, and do not wait for it."""
    asyncio.get_running_loop().run_in_executor(None, _import_all)


def _import_all() -> None:
    # The first Run explains a missing package.
    with suppress(NotInstalled), explain_missing_packages():
        from ...wan27.simulator import shared  # noqa: F401, PLC0415
        from .. import run  # noqa: F401, PLC0415
        from . import key_check  # noqa: F401, PLC0415

        asyncio.run(_request_nothing())


async def _request_nothing() -> None:
    """Let httpx import here what its first request needs, not in a callback of an event loop."""
    import httpx  # noqa: PLC0415

    async with httpx.AsyncClient(trust_env=False) as client:
        with suppress(httpx.HTTPError):
            await client.get("http://127.0.0.1:0")  # no port: nothing is sent
