"""The nodes: sockets, widgets and tooltips. Each node hands its inputs to `host.run`.

`host.run` is imported after the start or by the first Run, not here: a missing package must be an
error on a node, not a pack without nodes.
"""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from ..host.given import keep_wrong_values
from .continuation import Wan27Continuation
from .first_last_frame import Wan27FirstLastFrame
from .image_to_video import Wan27ImageToVideo
from .task_poll import Wan27TaskPoll

NODES: list[type[io.ComfyNode]] = [
    Wan27ImageToVideo,
    Wan27FirstLastFrame,
    Wan27Continuation,
    Wan27TaskPoll,
]


def watch_prompts() -> None:
    """Keep the values of prompts that ComfyUI would convert to another meaning."""
    keep_wrong_values({node.__name__: node.define_schema() for node in NODES})


class Wan27Extension(ComfyExtension):
    """The nodes of this pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return them in the order of the menu."""
        return NODES
