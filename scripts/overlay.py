"""A virtual environment on top of another Python: it sees the other's packages and adds some, and the other is never touched."""

from __future__ import annotations

from pathlib import Path

from .cache import cached
from .python import make_venv, pip, site_packages, venv_python

_RECIPE = 1  # raised when the steps below change what they make


def overlay(name: str, below: Path, requirements: list[Path]) -> Path:
    """Return a Python that sees all that `below` has, and the packages of the requirements files."""
    ingredients = [
        _RECIPE,
        str(below),
        site_packages(below),
        [file.read_text() for file in requirements],
    ]

    def make(folder: Path) -> None:
        python = make_venv(folder / "venv", below)
        _look_through(python, below)
        pip(python, "install", *[word for file in requirements for word in ("-r", str(file))])

    return venv_python(cached(name, ingredients, make) / "venv")


def _look_through(python: Path, below: Path) -> None:
    # addsitedir, not a bare path, since it also reads the .pth files there (editable installs).
    lines = [f"import site; site.addsitedir({folder!r})" for folder in site_packages(below)]
    own = site_packages(python)[0]
    (type(python)(own) / "packages_below.pth").write_text("\n".join(lines) + "\n")
