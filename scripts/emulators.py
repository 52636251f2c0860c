"""Storage emulators that others wrote, pinned, in environments of their own: the tests' buckets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .cache import cached
from .environment import ROOT
from .python import SetupFailed, make_venv, pip, venv_python

# The newest that runs in Node before 21, which Debian has.
AZURITE = "3.35.0"
_REQUIREMENTS = ROOT / "requirements-emulators.txt"


def emulators_python() -> Path:
    """Return the Python with the emulators of S3 and Google. Raises SetupFailed."""

    def make(folder: Path) -> None:
        pip(make_venv(folder / "venv"), "install", "-r", str(_REQUIREMENTS))

    ingredients = _REQUIREMENTS.read_text(encoding="utf-8")
    return venv_python(cached("emulators", ingredients, make) / "venv")


def azurite() -> list[str]:
    """Return the command that starts Microsoft's emulator of blobs. Raises SetupFailed."""
    node, npm = (_program(name) for name in ("node", "npm"))

    def make(folder: Path) -> None:
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        command = [npm, "install", *flags, f"azurite@{AZURITE}"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise SetupFailed(f"npm failed: azurite@{AZURITE}\n{ran.stdout}{ran.stderr}")

    folder = cached("azurite", AZURITE, make)
    return [node, str(folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js")]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SetupFailed(f"{name} is not installed, and Azurite needs it.")
    return found
