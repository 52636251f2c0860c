"""What a ComfyUI user sees: sockets, widgets, tooltips.

No logic: each node hands its inputs to `host.run`.

`host.run` is imported at the first Run (host/paid_path.py), not here: ComfyUI loads every pack at
its start, which must cost next to nothing, and a missing dependency must be an error that a person
reads at the node, never a pack whose nodes have vanished.
"""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from .continuation import Wan27Continuation
from .first_last_frame import Wan27FirstLastFrame
from .image_to_video import Wan27ImageToVideo
from .task_poll import Wan27TaskPoll


class Wan27Extension(ComfyExtension):
    """The nodes of this pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return them in the order of the menu."""
        return [Wan27ImageToVideo, Wan27FirstLastFrame, Wan27Continuation, Wan27TaskPoll]
