"""A virtual environment with pretended packages, to observe pip without downloading gigabytes.

pip knows a package by its metadata: a folder with its name, version and requirements, and a list of
its files, here of those two alone.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.python import make_venv, site_packages

_LISTING = """import importlib.metadata, json
found = importlib.metadata.distributions()
print(json.dumps({each.metadata["Name"]: each.version for each in found}))"""


class PipFailed(Exception):
    """pip failed; mostly because there is no index. The message is its output."""


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

    def add_all_of(self, requirements):
        """Pretend all packages of a list of requirements, in the versions of today."""
        report = json.loads(self._pip("install", "--dry-run", "--report", "-", *requirements))
        for package in report["install"]:
            found = package["metadata"]
            self.add(found["name"], found["version"], found.get("requires_dist", ()))

    def install(self, file):
        """Install a requirements file for real."""
        self._pip("install", "-r", str(file))

    def versions(self):
        """Return the version of every package by its normalized name."""
        listed = subprocess.run(
            [str(self.python), "-c", _LISTING], capture_output=True, text=True, check=True
        ).stdout
        return {
            re.sub(r"[-_.]+", "-", name).lower(): version
            for name, version in json.loads(listed).items()
        }

    def _pip(self, *arguments):
        command = [
            str(self.python),
            "-m",
            "pip",
            *arguments,
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ]
        ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if ran.returncode != 0:
            raise PipFailed(ran.stderr[-600:])
        return ran.stdout
