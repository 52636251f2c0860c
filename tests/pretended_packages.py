"""A virtual environment with pretended packages, to observe pip without downloading gigabytes.

pip knows a package by its metadata: a folder with its name, version and requirements, and a list of
its files, here of those two alone.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.python import make_venv, site_packages


@dataclass(frozen=True)
class Pretended:
    """Make such an environment in `folder`, on the Python `below`."""

    python: Path
    packages: Path

    @classmethod
    def make(cls, folder, below):
        python = make_venv(folder, below)
        return cls(python, Path(site_packages(python)[0]))

    def add(self, name, version, requires=()):
        """Pretend that a package is installed, instead of any other version of it."""
        stem = re.sub(r"[-_.]+", "_", name)
        for old in self.packages.glob(f"{stem}-*.dist-info"):
            shutil.rmtree(old)
        info = self.packages / f"{stem}-{version}.dist-info"
        info.mkdir()
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            f"Version: {version}",
            *(f"Requires-Dist: {each}" for each in requires),
        ]
        (info / "METADATA").write_text("\n".join(lines) + "\n", "utf-8")
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n", "utf-8")
