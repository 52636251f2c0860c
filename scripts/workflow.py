"""Convert a workflow, as the editor saves it, into the prompt that the server runs.

The editor does this in the browser. Here it is done from `/object_info`, so that workflow files can
be run without one. Subgraphs are not expanded.
"""

from __future__ import annotations

from typing import Any

from .widgets import WorkflowUnfit, read_widgets

_MUTED, _BYPASSED = 2, 4
_EDITOR_ONLY = ("Note", "MarkdownNote", "Reroute", "PrimitiveNode")

Node = dict[str, Any]


def to_prompt(workflow: dict[str, Any], object_info: dict[str, Any]) -> dict[str, Any]:
    """Return the prompt in API format.

    Raises WorkflowUnfit if the workflow does not fit the server's nodes.
    """
    graph = _Graph(workflow)
    nodes = [node for node in workflow["nodes"] if node["type"] not in _EDITOR_ONLY]
    active = [node for node in nodes if node.get("mode", 0) not in (_MUTED, _BYPASSED)]
    return {str(node["id"]): _to_api(node, graph, object_info) for node in active}


def _to_api(node: Node, graph: _Graph, object_info: dict[str, Any]) -> dict[str, Any]:
    info = object_info.get(node["type"])
    if info is None:
        raise WorkflowUnfit(
            f"Node {node['id']} is a {node['type']}, which this server does not know. Is its node"
            " pack installed?"
        )
    inputs = {name: _literal(value) for name, value in read_widgets(node, info).items()}
    for socket in node.get("inputs") or []:
        source = graph.source(socket.get("link"))
        if source is not None:
            inputs[socket["name"]] = source
    title = node.get("title") or info["display_name"]
    return {"class_type": node["type"], "inputs": inputs, "_meta": {"title": title}}


def _literal(value: Any) -> Any:
    # A bare list would be a link.
    return {"__value__": value} if isinstance(value, list) else value


class _Graph:
    """The origin of each link of a workflow."""

    def __init__(self, workflow: dict[str, Any]) -> None:
        self._nodes = {str(node["id"]): node for node in workflow["nodes"]}
        self._origins = dict(_origin(link) for link in workflow.get("links") or [])

    def source(self, link: int | None) -> Any:
        """Return [node id, output] of a link, the value of a PrimitiveNode, or None."""
        if link is None:
            return None
        if link not in self._origins:
            raise WorkflowUnfit(f"The workflow's link {link} is used but not listed.")
        node_id, slot = self._origins[link]
        node = self._nodes[node_id]
        if node["type"] == "PrimitiveNode":
            return node["widgets_values"][0]
        if node["type"] == "Reroute":
            return self.source(node["inputs"][0].get("link"))
        if node.get("mode") == _BYPASSED:
            return self._through(node, slot)
        return None if node.get("mode") == _MUTED else [node_id, slot]

    def _through(self, node: Node, slot: int) -> Any:
        """Follow a bypassed node to an input of the output's type, the one of that index first."""
        sockets, wanted = node.get("inputs") or [], node["outputs"][slot]["type"]
        ordered = [*sockets[slot : slot + 1], *sockets]
        fitting = [socket for socket in ordered if socket["type"] == wanted]
        return self.source(fitting[0].get("link")) if fitting else None


def _origin(link: Any) -> tuple[int, tuple[str, int]]:
    # Version 1 of the format has objects where version 0.4 has lists.
    if isinstance(link, dict):
        return link["id"], (str(link["origin_id"]), link["origin_slot"])
    return link[0], (str(link[1]), link[2])
