"""What the page is told over ComfyUI's websocket: that a task has changed, where a node's work stands, that it failed and what helps.

Frontends since 1.47 hide the text of an exception, so the page shows the sentence by itself.
"""

from __future__ import annotations

from dataclasses import asdict

from ..wan27 import errors
from ..wan27.errors import Wan27Error
from .prompt_server import prompt_server
from .status import Status

# The first row that fits decides. Several rows speak of a task that goes on: to collect it is what helps.
_ACTIONS: tuple[tuple[tuple[type[Wan27Error], ...], str | None], ...] = (
    ((errors.MissingKey, errors.KeyRefused, errors.InvalidSetting, errors.CostRefused), "settings"),
    ((errors.BalanceTooLow,), "top_up"),
    ((errors.VideoGone,), None),
    ((errors.SubmissionUncertain, errors.TaskNotRecorded, errors.StillRunning, errors.DownloadFailed), "collect"),
)
# Passing trouble, which leaves a task as it is where there is one already.
_PASSING = (errors.HostUnreachable, errors.HostFailed, errors.RateLimited, errors.UnexpectedAnswer)


def tasks_changed() -> None:
    """Some task is in another state: whoever shows tasks loads them again. From any thread."""
    server = prompt_server()
    if server is not None:
        server.send_sync("wan27.tasks", {})


def node_status(node_id: str, status: Status) -> None:
    """Tell the page that pressed Run where a node's work stands. From any thread."""
    server = prompt_server()
    # Every page has a node of that id: where no page is known to have pressed Run, none may be told.
    if server is not None and server.client_id is not None:
        server.send_sync("wan27.status", {"node_id": node_id, **asdict(status)}, server.client_id)


def node_failed(node_id: str, error: Wan27Error, *, console: str = "", task_id: str | None = None) -> None:
    """Tell the page that pressed Run what a node ended with. `console` is the host's page for accounts. From any thread."""
    server = prompt_server()
    if server is not None:
        # To that page alone, where one is known: others need not read of it.
        server.send_sync("wan27.error", {"node_id": node_id, **described(error, console, task_id)}, server.client_id)


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
