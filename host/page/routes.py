"""The routes of this pack, all below `/wan27`. None of them buys anything."""

from __future__ import annotations

from typing import Any

from ..status.events import add_page, prompt_server
from . import cost, settings, tasks
from .early_import import import_early
from .example_files import put_example_files
from .http import HttpError, reads, writes
from .media import PATH, get_media, open_serve_port
from .only_copy import problems, refuse_another_copy


def add_routes() -> None:
    """Add the routes to ComfyUI's server, before it starts; do nothing without a server.

    Raises `ImportError` where another copy of this pack has added them.
    """
    server = prompt_server()
    if server is None:
        return
    refuse_another_copy(server.routes, server.app)
    reading = tasks.TaskRoutes()
    get, post = server.routes.get, server.routes.post
    get(PATH + "{name}")(get_media)
    server.app.on_startup.append(open_serve_port)
    server.app.on_startup.append(put_example_files)
    server.app.on_startup.append(import_early)
    get("/wan27/settings")(reads(settings.get_settings))
    post("/wan27/pages")(writes(post_page))
    post("/wan27/settings")(writes(settings.post_settings))
    post("/wan27/keys")(writes(settings.post_key))
    post("/wan27/check")(writes(settings.post_check))
    get("/wan27/cost")(reads(cost.get_cost))
    get("/wan27/tasks")(reads(reading.get_tasks))
    get("/wan27/pictures/{name}.jpg")(reading.get_thumbnail)
    post("/wan27/tasks/collect")(writes(reading.post_collect, status=202))
    post("/wan27/tasks/workflow")(writes(tasks.post_workflow))
    post("/wan27/tasks/forget")(writes(tasks.post_forget))
    post("/wan27/tasks/attach")(writes(tasks.post_attach))
    post("/wan27/tasks/detach")(writes(tasks.post_detach))
    post("/wan27/tasks/abandon")(writes(tasks.post_abandon))
    post("/wan27/journal/acknowledge")(writes(tasks.post_acknowledge))


async def post_page(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/pages: register a page that shows the status of our nodes, and `problems`."""
    client_id = body.get("client_id")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= 200:
        raise HttpError(400, "client_id must be the id of the page's websocket.")
    add_page(client_id)
    return {"problems": problems}
