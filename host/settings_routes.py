"""The routes of the settings and of what a video would cost. Nothing here submits or buys anything."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from ..wan27.api.hosts import choose_account
from ..wan27.cost import total
from ..wan27.errors import InvalidSetting, MissingKey
from ..wan27.limits import DURATION_SECONDS, RESOLUTIONS
from ..wan27.pricing import estimate_of
from . import settings_page
from .answers import Refused
from .folders import serving_folder, state_folder
from .settings import Settings
from .status import host_title, price_text

_MOST_VIDEOS = 100  # in one subgraph


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


async def get_cost(request: web.Request) -> dict[str, str | None]:
    """GET /wan27/cost?video=720P+5&video=…: what these videos would cost together, for a badge.

    Answers `price` as people read it ("" free, null unknown) at `host`, or the `problem` that is in the way.
    """
    videos = [_video(stated) for stated in request.query.getall("video", [])]
    if not 0 < len(videos) <= _MOST_VIDEOS:
        raise Refused(400, f"Name 1 to {_MOST_VIDEOS} videos, such as video=720P+5.")
    return await asyncio.to_thread(_cost, videos)


def _video(stated: str) -> tuple[str, int]:
    resolution, _, duration = stated.partition(" ")
    least, most = DURATION_SECONDS
    if resolution not in RESOLUTIONS:
        raise Refused(400, f"resolution must be one of {', '.join(RESOLUTIONS)}.")
    if not duration.isascii() or not duration.isdigit() or not least <= int(duration[:9]) <= most:
        raise Refused(400, f"duration must be {least} to {most} whole seconds.")
    return resolution, int(duration)


def _cost(videos: list[tuple[str, int]]) -> dict[str, str | None]:
    try:
        settings = Settings(state_folder())
        name = choose_account(settings.get).host.name
        costs = [estimate_of(resolution, duration, name, settings.prices) for resolution, duration in videos]
    except MissingKey:
        return {"problem": "no_key", "host": None, "price": None}
    except InvalidSetting:
        return {"problem": "settings", "host": None, "price": None}
    return {"problem": None, "host": host_title(name), "price": price_text(total(costs))}
