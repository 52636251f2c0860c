"""The door: what ComfyUI loads. The nodes are imported only when it asks for them, so that tools can import this folder without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comfy_api.latest import ComfyExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> ComfyExtension:
    """Hand ComfyUI our nodes."""
    from .nodes import Wan27Extension  # noqa: PLC0415 - pytest imports this file too, where no ComfyUI is

    return Wan27Extension()
