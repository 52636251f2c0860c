"""Which node of which workflow a run is for: pages show one workflow at a time, and every workflow has a node 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """`node_id` is the id under which ComfyUI runs the node ("3", "5:12" within a subgraph), `workflow_id` the graph's own, None without a page."""

    node_id: str
    workflow_id: str | None = None


NOWHERE = Place("")  # of what no node asked for


def place_of(hidden: Any) -> Place:
    """The place that a node's hidden inputs name. The workflow is what the page sent along, in whatever shape."""
    info = hidden.extra_pnginfo
    workflow = info.get("workflow") if isinstance(info, dict) else None
    workflow_id = workflow.get("id") if isinstance(workflow, dict) else None
    return Place(hidden.unique_id, workflow_id if isinstance(workflow_id, str) else None)
