"""The Python of tests and checks: ComfyUI's packages, plus pytest, ruff, mypy and their like."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .comfyui import ComfyUI, prepare
from .environment import ROOT
from .python import SetupFailed, overlay

REQUIREMENTS = [ROOT / "requirements-dev.txt", ROOT / "requirements.txt"]


def prepare_if_possible() -> ComfyUI | None:
    """Prepare ComfyUI. If that fails print the reason and return None; in CI, raise SetupFailed."""
    try:
        return prepare()
    except SetupFailed as error:
        if os.environ.get("CI"):
            raise
        print(f"WITHOUT COMFYUI much is left out. The reason: {error}", file=sys.stderr)
        return None


def tools_python(comfyui: ComfyUI | None) -> Path:
    """Return the Python with the tools, on top of ComfyUI's if there is one."""
    return overlay("tools", comfyui.python if comfyui else Path(sys.executable), REQUIREMENTS)
