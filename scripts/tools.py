"""The Python that tests and checks run with: all that ComfyUI's Python sees, plus pytest, ruff and mypy at their pinned versions."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .comfyui import ComfyUI, prepare
from .environment import ROOT
from .overlay import overlay
from .python import SetupFailed

REQUIREMENTS = [ROOT / "requirements-dev.txt", ROOT / "requirements.txt"]


def prepare_or_say() -> ComfyUI | None:
    """Prepare ComfyUI; where that fails say so loudly and return None, but in CI let it fail."""
    try:
        return prepare()
    except SetupFailed as error:
        if os.environ.get("CI"):
            raise
        print(f"WITHOUT COMFYUI much will be left out. The reason: {error}", file=sys.stderr)
        return None


def tools_python(comfyui: ComfyUI | None) -> Path:
    """Return the Python with the tools, above ComfyUI's where there is one."""
    return overlay("tools", comfyui.python if comfyui else Path(sys.executable), REQUIREMENTS)
