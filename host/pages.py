"""Which pages show the status of our nodes by themselves: those that loaded this pack's script said so, by the id of their websocket.

A page of another front end never says so and gets ComfyUI's own line of text; a page that gets both would show the same thing twice.
"""

from __future__ import annotations

from typing import Any

from .answers import Refused

_MOST = 1000  # pages come and go, and none says goodbye

_pages: dict[str, None] = {}  # in the order in which they came


async def post_page(body: dict[str, Any]) -> dict[str, bool]:
    """POST /wan27/pages."""
    client_id = body.get("client_id")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= 200:
        raise Refused(400, "Name the page by the client_id of its websocket.")
    _pages.pop(client_id, None)
    _pages[client_id] = None
    while len(_pages) > _MOST:
        del _pages[next(iter(_pages))]
    return {"noted": True}


def shows_status(client_id: str | None) -> bool:
    """Whether the page of that id said so."""
    return client_id in _pages
