"""Front ends of ComfyUI beside its own: packages of the index, fetched once and never installed into ComfyUI's environment."""

from __future__ import annotations

import sys
from pathlib import Path

from .cache import cached
from .python import pip

NEWEST = "1.58.1"  # the newest that the page is tested in; ComfyUI 0.30 brings 1.47


def front_end(version: str) -> Path:
    """Return the folder for `--front-end-root`; raises SetupFailed where the package cannot be had."""

    def fetch(folder: Path) -> None:
        pip(
            Path(sys.executable),
            "install",
            "--no-deps",
            "--target",
            str(folder),
            f"comfyui-frontend-package=={version}",
        )

    return cached("front-end", [version], fetch) / "comfyui_frontend_package" / "static"
