"""comfy-cli, the Comfy Registry's own tool, pinned, in an environment of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .cache import cached
from .environment import ROOT, scrubbed_environment
from .python import make_venv, pip, venv_python

_REQUIREMENTS = ROOT / "requirements-registry.txt"
_CONSTRAINTS = ROOT / "requirements-dev.txt"
_HOMES = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
)
# It asks nothing, reports nothing, and prints lines of text.
_QUIET = ("--skip-prompt", "--no-enable-telemetry", "--no-json")
_ENVIRONMENT = {"DO_NOT_TRACK": "1", "COMFY_NO_TELEMETRY": "1", "NO_COLOR": "1", "COLUMNS": "200"}


def registry_python() -> Path:
    """Return the Python that has comfy-cli. Raises SetupFailed if it cannot be installed."""
    ingredients = [file.read_text(encoding="utf-8") for file in (_REQUIREMENTS, _CONSTRAINTS)]

    def make(folder: Path) -> None:
        pip(make_venv(folder / "venv"), "install", "-r", str(_REQUIREMENTS))

    return venv_python(cached("registry", ingredients, make) / "venv")


def comfy(python: Path, folder: Path, home: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run `comfy` in `folder`, with its settings and caches in `home`.

    Returns its exit code and the lines of its output.
    """
    home.mkdir(exist_ok=True)
    env = scrubbed_environment() | dict.fromkeys(_HOMES, str(home)) | _ENVIRONMENT
    command = [str(python), "-m", "comfy_cli", *_QUIET, *arguments]
    # Its verdict is on one stream and its steps are on the other: both are read as one.
    ran = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout.decode("utf-8", "replace").splitlines()
