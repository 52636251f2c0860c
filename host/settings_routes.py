"""The routes of the settings and of what a video would cost. Nothing here submits or buys anything."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from ..wan27.api.hosts import choose_account
from ..wan27.errors import InvalidSetting, MissingKey
from ..wan27.limits import DURATION_SECONDS, RESOLUTIONS
from ..wan27.pricing import estimate_of
from . import settings_page
from .answers import Refused
from .folders import serving_folder, state_folder
from .settings import Settings
from .status_text import host_title


async def get_settings(_request: web.Request | None = None) -> dict[str, Any]:
    """GET /wan27/settings."""
    return await asyncio.to_thread(lambda: settings_page.view(state_folder(), serving_folder()))


async def post_settings(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/settings."""
    await asyncio.to_thread(lambda: settings_page.change_settings(state_folder(), serving_folder(), body))
    return await get_settings()


async def post_key(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/keys."""
    await asyncio.to_thread(lambda: settings_page.change_key(state_folder(), body))
    return await get_settings()


async def post_check(_body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/check."""
    from .key_check import check_key  # noqa: PLC0415 - httpx, for those who ask

    return await check_key(await asyncio.to_thread(lambda: Settings(state_folder())))


async def get_cost(request: web.Request) -> dict[str, str]:
    """GET /wan27/cost: one line for a badge."""
    resolution, duration = request.query.get("resolution", ""), request.query.get("duration", "")
    least, most = DURATION_SECONDS
    if resolution not in RESOLUTIONS:
        raise Refused(400, f"resolution must be one of {', '.join(RESOLUTIONS)}.")
    if not duration.isascii() or not duration.isdigit() or not least <= int(duration[:9]) <= most:
        raise Refused(400, f"duration must be {least} to {most} whole seconds.")
    return {"text": await asyncio.to_thread(_cost, resolution, int(duration))}


def _cost(resolution: str, duration: int) -> str:
    try:
        settings = Settings(state_folder())
        name = choose_account(settings.get).host.name
        cost = estimate_of(resolution, duration, name, settings.prices)
    except MissingKey:
        return "no API key"
    except InvalidSetting:
        return "check the settings"
    return f"{'price unknown' if cost is None else cost} · {host_title(name)}"
