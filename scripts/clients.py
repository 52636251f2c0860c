"""The hosts' own Python clients, pinned, in an environment of their own: tests run them."""

from __future__ import annotations

from pathlib import Path

from .comfyui import ComfyUI
from .environment import ROOT
from .python import overlay

_REQUIREMENTS = ROOT / "requirements-clients.txt"


def clients_python(comfyui: ComfyUI) -> Path:
    """Return the Python with the clients. Raises SetupFailed.

    It is laid over ComfyUI's, which has most of what they need, and never changes it.
    """
    return overlay("clients", comfyui.python, [_REQUIREMENTS])
