"""The door: what ComfyUI loads.

The nodes are imported only when it asks for them, so that tools can import this folder without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comfy_api.latest import ComfyExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> ComfyExtension:
    """Hand ComfyUI our nodes, and its server our routes: here, since cores before 0.30 do not call an extension's `on_load`."""
    from .host.routes import (
        add_routes,
    )  # noqa: PLC0415 - pytest imports this file too, where no ComfyUI is
    from .nodes import Wan27Extension  # noqa: PLC0415

    add_routes()
    return Wan27Extension()
