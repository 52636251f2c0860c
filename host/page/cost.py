"""The price of videos that a graph would buy, for the badges on the page. Nothing here submits."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ...wan27.api.key import choose_account
from ...wan27.errors import InvalidSetting, MissingKey
from ...wan27.limits import DURATION_SECONDS, RESOLUTIONS
from ...wan27.money import estimate, total
from ..folders import state_folder
from ..settings.store import Settings
from ..status.text import host_title, price_text
from .http import Refused

_MOST_VIDEOS = 100  # in one subgraph


async def get_cost(request: web.Request) -> dict[str, str | None]:
    """GET /wan27/cost?video=720P+5&video=…: what these videos would cost together, for a badge.

    Answers `price` as people read it ("" free, null unknown) at `host`, or the `problem` that is in
    the way.
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
        costs = [
            estimate(resolution, duration, name, settings.prices)
            for resolution, duration in videos
        ]
    except MissingKey:
        return {"problem": "no_key", "host": None, "price": None}
    except InvalidSetting:
        return {"problem": "settings", "host": None, "price": None}
    return {"problem": None, "host": host_title(name), "price": price_text(total(costs))}
