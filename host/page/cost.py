"""The estimated cost of the videos in a graph, for the page's badges."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ...wan27.api.key import choose_account
from ...wan27.errors import InvalidSetting, MissingKey
from ...wan27.limits import DURATION_SECONDS, RESOLUTIONS
from ...wan27.money import estimate, total
from ..folders import state_folder
from ..settings.store import Settings
from ..status.text import host_title
from .http import HttpError

_MAX_VIDEOS = 100  # in one subgraph


async def get_cost(request: web.Request) -> dict[str, str | None]:
    """GET /wan27/cost?video=720P+5&video=…: the cost of these videos together.

    Return the `host` and its `price` as text ("" is free, None unknown), or the `problem`.
    """
    videos = [_parse_video(text) for text in request.query.getall("video", [])]
    if not 0 < len(videos) <= _MAX_VIDEOS:
        raise HttpError(400, f"Give 1 to {_MAX_VIDEOS} videos, such as video=720P+5.")
    return await asyncio.to_thread(_cost, videos)


def _parse_video(text: str) -> tuple[str, int]:
    resolution, _, duration = text.partition(" ")
    low, high = DURATION_SECONDS
    if resolution not in RESOLUTIONS:
        raise HttpError(400, f"resolution must be one of {', '.join(RESOLUTIONS)}.")
    if not duration.isascii() or not duration.isdigit() or not low <= int(duration[:9]) <= high:
        raise HttpError(400, f"duration must be {low} to {high} whole seconds.")
    return resolution, int(duration)


def _cost(videos: list[tuple[str, int]]) -> dict[str, str | None]:
    try:
        settings = Settings(state_folder())
        host = choose_account(settings.get).host.name
        prices = settings.prices
    except MissingKey:
        return {"problem": "no_key", "host": None, "price": None}
    except InvalidSetting:
        return {"problem": "settings", "host": None, "price": None}
    cost = total([estimate(resolution, seconds, host, prices) for resolution, seconds in videos])
    price = None if cost is None else cost.price
    return {"problem": None, "host": host_title(host), "price": price}
