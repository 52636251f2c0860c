"""Other front ends for ComfyUI: packages from the index, never installed into its environment."""

from __future__ import annotations

import sys
from pathlib import Path

from .cache import cached
from .python import pip

NEWEST = "1.58.1"  # the newest that the page is tested in; ComfyUI 0.30 brings 1.47


def front_end(version: str) -> Path:
    """Return the folder for `--front-end-root`. Raises SetupFailed if it cannot be downloaded."""

    def fetch(folder: Path) -> None:
        package = f"comfyui-frontend-package=={version}"
        pip(Path(sys.executable), "install", "--no-deps", "--target", str(folder), package)

    return cached("front-end", [version], fetch) / "comfyui_frontend_package" / "static"
