"""ComfyUI's server where there is one: tools that only read the nodes have none, and must not load it."""

from __future__ import annotations

import sys
from typing import Any


def prompt_server() -> Any | None:
    """Return `server.PromptServer.instance`; None outside of a running ComfyUI."""
    return getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)
