"""Virtual environments and pip: quiet where all is well, the whole error where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

INDEX_HINT = (
    "If the package index cannot be reached: check the network, or tell pip about a mirror (`pip config set global.index-url …`, "
    "or the variable PIP_INDEX_URL). Or point COMFYUI_PATH at a ComfyUI that you already have."
)


class SetupFailed(Exception):
    """Something could not be installed; the message says what, what pip said, and what to do."""


def make_venv(folder: Path, python: Path | None = None) -> Path:
    """Make a virtual environment from `python` (default: the running one) and return its own Python."""
    maker = [str(python or sys.executable), "-m", "venv", str(folder)]
    made = subprocess.run(maker, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SetupFailed(
            f"{maker[0]} could not make a virtual environment. On Debian and Ubuntu `apt install python3-venv` helps.\n{made.stdout}{made.stderr}"
        )
    return venv_python(folder)


def venv_python(folder: Path) -> Path:
    """Return where the Python of a virtual environment is."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def pip(python: Path, *arguments: str) -> None:
    """Run pip with the user's own configuration, and raise SetupFailed with all it said where it fails."""
    command = [
        str(python),
        "-m",
        "pip",
        *arguments,
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SetupFailed(
            f"pip failed: pip {' '.join(arguments)}\n{ran.stdout}{ran.stderr}\n{INDEX_HINT}"
        )


def ask(python: Path, code: str) -> str | None:
    """Run a line of Python and return what it printed, None where it failed."""
    ran = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


def missing_modules(python: Path, modules: list[str]) -> list[str]:
    """Return which of the modules this Python cannot find, without importing any."""
    code = f"import importlib.util as u; print(*[m for m in {modules!r} if u.find_spec(m) is None])"
    found = ask(python, code)
    return modules if found is None else found.split()


def site_packages(python: Path) -> list[str]:
    """Return the folders in which this Python looks for installed packages."""
    code = "import sys, pathlib; print(*[p for p in sys.path if pathlib.Path(p).name in ('site-packages', 'dist-packages')], sep=chr(10))"
    return (ask(python, code) or "").splitlines()
