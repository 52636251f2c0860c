"""The door: what ComfyUI loads.

The nodes are imported only when it asks for them, so that tools can import this folder without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comfy_api.latest import ComfyExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> ComfyExtension:
    """Return our nodes to ComfyUI, and add our routes to its server.

    Cores before 0.30 do not call an extension's `on_load`, so the routes are added here.
    """
    # Late: pytest imports this file too, where there is no ComfyUI.
    from .host.page.routes import add_routes  # noqa: PLC0415
    from .nodes import Wan27Extension, watch_prompts  # noqa: PLC0415

    add_routes()
    watch_prompts()
    return Wan27Extension()
