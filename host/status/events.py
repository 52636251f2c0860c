"""What the page is told over ComfyUI's websocket: that a task has changed, where a node's work stands, that it failed and what helps.

Frontends since 1.47 hide the text of an exception, so the page shows the sentence by itself.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

from ...wan27 import errors
from ...wan27.errors import Wan27Error
from .text import Status

# The first row that fits decides. Several rows speak of a task that goes on: to collect it is what
# helps.
_ACTIONS: tuple[tuple[tuple[type[Wan27Error], ...], str | None], ...] = (
    ((errors.MissingKey, errors.KeyRefused, errors.InvalidSetting, errors.CostRefused), "settings"),
    ((errors.BalanceTooLow,), "top_up"),
    ((errors.VideoGone,), None),
    (
        (
            errors.SubmissionUncertain,
            errors.TaskNotRecorded,
            errors.StillRunning,
            errors.DownloadFailed,
        ),
        "collect",
    ),
)
# Passing trouble, which leaves a task as it is where there is one already.
_PASSING = (
    errors.HostUnreachable,
    errors.HostFailed,
    errors.RateLimited,
    errors.UnexpectedResponse,
)


@dataclass(frozen=True, slots=True)
class Place:
    """`node_id` is the id under which ComfyUI runs the node ("3", "5:12" within a subgraph), `workflow_id` the graph's own, None without a page."""

    node_id: str
    workflow_id: str | None = None


NOWHERE = Place("")  # of what no node asked for


def place_of(hidden: Any) -> Place:
    """The place that a node's hidden inputs name.

    The workflow is what the page sent along, in whatever shape.
    """
    info = hidden.extra_pnginfo
    workflow = info.get("workflow") if isinstance(info, dict) else None
    workflow_id = workflow.get("id") if isinstance(workflow, dict) else None
    return Place(hidden.unique_id, workflow_id if isinstance(workflow_id, str) else None)


def tasks_changed() -> None:
    """Some task is in another state: whoever shows tasks loads them again. From any thread."""
    server = prompt_server()
    if server is not None:
        server.send_sync("wan27.tasks", {})


def node_status(place: Place, status: Status) -> None:
    """Tell the page that pressed Run where a node's work stands. From any thread."""
    server = prompt_server()
    if server is not None and server.client_id is not None:
        server.send_sync("wan27.status", {**asdict(place), **asdict(status)}, server.client_id)


def node_failed(
    place: Place, error: Wan27Error, *, console: str = "", task_id: str | None = None
) -> None:
    """Tell the page that pressed Run what a node ended with.

    `console` is the host's page for accounts. From any thread.
    """
    server = prompt_server()
    if server is not None:
        # To that page alone, where one is known: others need not read of it.
        server.send_sync(
            "wan27.error", {**asdict(place), **described(error, console, task_id)}, server.client_id
        )


def described(error: Wan27Error, console: str, task_id: str | None) -> dict[str, str | None]:
    """The sentence of an error and the one thing that helps: `settings`, `top_up` (at `url`), `collect` (the task of that id) or nothing."""
    action = next((action for kinds, action in _ACTIONS if isinstance(error, kinds)), None)
    if action is None and task_id and isinstance(error, _PASSING):
        action = "collect"
    return {
        "message": str(error),
        "action": action,
        "url": console or None if action == "top_up" else None,
        "task_id": task_id,
    }


def prompt_server() -> Any | None:
    """Return `server.PromptServer.instance`; None outside of a running ComfyUI."""
    return getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)


_pages: dict[str, None] = {}  # ids of websockets, the oldest first
_MOST_PAGES = 1000  # pages come and go, and none signs off


def note_page(client_id: str) -> None:
    """Remember a page that shows our status itself, by the id of its websocket."""
    _pages.pop(client_id, None)
    _pages[client_id] = None
    while len(_pages) > _MOST_PAGES:
        del _pages[next(iter(_pages))]


def shows_status(client_id: str | None) -> bool:
    """Return True for a page that shows our status itself; any other front end gets ComfyUI's line of text.

    A page that got both would show the same thing twice.
    """
    return client_id in _pages
