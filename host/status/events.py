"""The events that the page receives over ComfyUI's websocket.

`wan27.tasks`: a task changed. `wan27.task`: this one was decided or collected outside of a node.
`wan27.settings`: a setting or key changed. `wan27.status`: the status of a node. `wan27.error`: why
a node failed, and what helps; frontends since 1.47 hide the text of an exception. Any thread may
send.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...wan27 import errors
from ...wan27.api.hosts import HOSTS, Host
from ...wan27.errors import Wan27Error
from ...wan27.journal.entry import Entry
from ...wan27.journal.states import State, actions
from .text import Status, status_text

logger = logging.getLogger(__name__)

# The first row that matches decides.
_ACTIONS: tuple[tuple[tuple[type[Wan27Error], ...], str | None], ...] = (
    ((errors.MissingKey,), "key"),
    ((errors.KeyRefused,), "replace_key"),
    ((errors.InvalidSetting, errors.CostRefused), "settings"),
    ((errors.BalanceTooLow,), "top_up"),
    ((errors.VideoGone,), None),  # also a DownloadFailed
    ((errors.TaskNotRecorded, errors.StillRunning, errors.DownloadFailed), "collect"),
    ((errors.NotSent, errors.JournalFailed), "tasks"),
)
# The state of the entry that each of these asks a person to decide about.
_UNDECIDED = {errors.SubmissionUncertain: State.UNCERTAIN, errors.TaskLost: State.LOST}
_PAGES = {page for host in HOSTS for page in (host.console, host.billing) if page}
# These say nothing about the task: if there is one, it can still be collected.
_TEMPORARY = (
    errors.HostUnreachable,
    errors.HostFailed,
    errors.RateLimited,
    errors.UnexpectedResponse,
)


@dataclass(frozen=True, slots=True)
class NodeRef:
    """One node of one workflow.

    `node_id` is the node that the user sees: "3", or "5:12" inside a subgraph. `run_id` is the id
    under which ComfyUI runs it, which has more parts ("5:12.0.0.3") for a node that another one
    makes while it runs, as loops do. `workflow` is as the page sent it, unchecked; empty for a run
    that no page started.
    """

    node_id: str
    run_id: str
    workflow: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def workflow_id(self) -> str | None:
        """The id of the workflow, or None."""
        workflow_id = self.workflow.get("id")
        return workflow_id if isinstance(workflow_id, str) else None

    @property
    def payload(self) -> dict[str, Any]:
        """What an event says of its node."""
        return {"node_id": self.node_id, "workflow_id": self.workflow_id}


NO_NODE = NodeRef("", "")  # the sender of an event that belongs to no node


def node_ref(hidden: Any) -> NodeRef:
    """Return the node that hidden inputs name."""
    info = hidden.extra_pnginfo
    workflow = info.get("workflow") if isinstance(info, dict) else None
    return NodeRef(
        _seen_id(hidden.unique_id, hidden.dynprompt),
        hidden.unique_id,
        workflow if isinstance(workflow, dict) else {},
    )


def _seen_id(run_id: str, prompt: Any) -> str:
    """Return the node that the page shows for a node: itself, or the one that made it.

    A loop names the node that it repeats; where that is not in the page's prompt, the node that
    made this one is. `prompt` is ComfyUI's `DynamicPrompt`, None outside of a run.
    """
    if prompt is None:
        return run_id
    seen: str = prompt.get_display_node_id(run_id)
    return seen if seen in prompt.get_original_prompt() else str(prompt.get_real_node_id(run_id))


def send_tasks_changed() -> None:
    """Tell every page that some task changed; each page loads its tasks again."""
    _send("wan27.tasks", {})


def send_task_changed(entry: Entry) -> None:
    """Tell every page which entry was decided or collected: nodes show what it was before.

    `entry` is that of before: a decision may take the task's id back.
    """
    payload = {"id": entry.id, "created": entry.created, "task_id": entry.task_id}
    _send("wan27.task", payload)


def send_settings_changed() -> None:
    """Tell every page that a setting or a key changed, perhaps in another one."""
    _send("wan27.settings", {})


def send_status(node: NodeRef, status: Status) -> None:
    """Send a node's status to the page that pressed Run, as a line if it shows no status itself."""
    server = prompt_server()
    client_id = None if server is None else server.client_id
    if client_id is not None:
        payload = {**node.payload, **asdict(status), "phase": status.phase.value}
        _send("wan27.status", payload, client_id)
    if not shows_status(client_id):
        _show(lambda server: server.send_progress_text(status_text(status), node.node_id))


def send_error(
    node: NodeRef, error: Wan27Error, *, host: Host | None = None, task_id: str | None = None
) -> None:
    """Send the error of a node to the page that pressed Run; to every page if none did."""
    payload = {**node.payload, **error_payload(error, host, task_id)}
    _show(lambda server: server.send_sync("wan27.error", payload, server.client_id))


def error_payload(error: Wan27Error, host: Host | None, task_id: str | None) -> dict[str, Any]:
    """Return an error's message and what helps. `pages` are the addresses of hosts in it.

    `action` is "key", "replace_key", "settings" (at `setting`, which may be None), "switch" (on the
    setting `switch`), "top_up" (at `url`), "collect" (the task `task_id`), "tasks" (open the recent
    tasks) or None. Where a person must decide, `entry` names the journal entry, `state` is its
    state, `actions` are the routes below /wan27/tasks/ that decide, and `billing` is the host's
    page of charges.
    """
    switch, setting = _switch(error), _setting(error)
    action = next((action for kinds, action in _ACTIONS if isinstance(error, kinds)), None)
    if action is None and task_id and isinstance(error, _TEMPORARY):
        action = "collect"
    if action is None and setting:
        action = "settings"
    return {
        "message": str(error),
        "pages": [page for page in sorted(_PAGES) if page in str(error)],
        "action": "switch" if switch else action,
        "switch": switch,
        "setting": setting,
        "url": (host.billing or host.console or None) if host and action == "top_up" else None,
        "task_id": error.task_id or task_id,
        **_decision(error, host),
    }


def _switch(error: Wan27Error) -> str | None:
    """Return the setting that helps once it is on; None if the environment has the last word."""
    name = error.switch if isinstance(error, errors.InvalidInput) else ""
    return name if name and not os.environ.get(name) else None


def _setting(error: Wan27Error) -> str | None:
    """Return the setting that the message names first; None if the environment has it."""
    return next((name for name in error.settings if not os.environ.get(name)), None)


def _decision(error: Wan27Error, host: Host | None) -> dict[str, Any]:
    if error.entry is None:
        return {"entry": None, "state": None, "actions": [], "host": None, "billing": None}
    number, created = error.entry
    states = (state for kind, state in _UNDECIDED.items() if isinstance(error, kind))
    state = next(states, State.UNCERTAIN)
    return {
        "entry": {"id": number, "created": created},
        "state": state.value,
        "actions": actions(state, has_task_id=error.task_id is not None),
        "host": host.title if host else None,
        "billing": host.billing or None if host else None,
    }


def _send(event: str, payload: dict[str, Any], client_id: str | None = None) -> None:
    """Send an event to one page, or to all."""
    _show(lambda server: server.send_sync(event, payload, client_id))


def _show(send: Callable[[Any], object]) -> None:
    """Let ComfyUI's server show something, which must not end a Run that may have paid.

    Other packs replace the server's functions, and its event loop may be closed.
    """
    server = prompt_server()
    try:
        if server is not None:
            send(server)
    except Exception as error:  # noqa: BLE001 - another pack's
        _report(repr(error))


@functools.lru_cache(maxsize=16)
def _report(problem: str) -> None:
    """Log once why a page gets no status."""
    logger.warning("Wan 2.7: the status cannot be sent to the page (%s).", problem)


def prompt_server() -> Any | None:
    """Return `server.PromptServer.instance`, or None outside of a running ComfyUI."""
    return getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)


_pages: dict[str, None] = {}  # ids of websockets, oldest first
_MAX_PAGES = 1000  # a page does not report that it closes


def add_page(client_id: str) -> None:
    """Remember a page that shows `wan27.status` itself, by the id of its websocket."""
    _pages.pop(client_id, None)
    _pages[client_id] = None
    while len(_pages) > _MAX_PAGES:
        del _pages[next(iter(_pages))]


def shows_status(client_id: str | None) -> bool:
    """Return True for a page that shows `wan27.status`: a line of text would repeat it."""
    return client_id in _pages
