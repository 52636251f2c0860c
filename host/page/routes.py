"""The routes of this pack, all below `/wan27`.

The page's; and the media of running tasks, for whoever knows their names. None of them buys.

ComfyUI offers every route a second time under `/api`. Media are fetched without that: one address
for one file, and the shorter one passes every proxy that lets ComfyUI's own page pass. GET (with
ranges) and HEAD; nothing is listed and nothing can be written there.
"""

from __future__ import annotations

from typing import Any

from ..status.events import note_page, prompt_server


def add_routes() -> None:
    """Add them to the server, which must not have started yet.

    Where nodes are loaded without a server there is nothing to add them to.
    """
    server = prompt_server()
    if server is None:
        return
    from . import (
        cost,
        settings,
    )  # noqa: PLC0415 - they need ComfyUI's folders, which only a server has
    from .http import reading, writing  # noqa: PLC0415
    from .media import PATH, get_media  # noqa: PLC0415
    from .tasks import TaskRoutes  # noqa: PLC0415

    tasks = TaskRoutes()
    get, post = server.routes.get, server.routes.post
    get(PATH + "{name}")(get_media)
    get("/wan27/settings")(reading(settings.get_settings))
    post("/wan27/pages")(writing(post_page))
    post("/wan27/settings")(writing(settings.post_settings))
    post("/wan27/keys")(writing(settings.post_key))
    post("/wan27/check")(writing(settings.post_check))
    get("/wan27/cost")(reading(cost.get_cost))
    get("/wan27/tasks")(reading(tasks.get_tasks))
    get("/wan27/pictures/{name}.jpg")(tasks.get_picture)
    post("/wan27/tasks/forget")(writing(tasks.post_forget))
    post("/wan27/tasks/collect")(writing(tasks.post_collect, status=202))


async def post_page(body: dict[str, Any]) -> dict[str, bool]:
    """POST /wan27/pages: a page shows the status of our nodes itself."""
    from .http import Refused  # noqa: PLC0415 - as above

    client_id = body.get("client_id")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= 200:
        raise Refused(400, "Name the page by the client_id of its websocket.")
    note_page(client_id)
    return {"noted": True}
