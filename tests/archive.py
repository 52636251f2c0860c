"""The expected content of the registry's archive, from git and .comfyignore."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent


def tracked():
    """Return every file of the checkout that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = (
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        .stdout.decode("utf-8")
        .split("\0")
    )
    return [PurePosixPath(line) for line in listed if line and (ROOT / line).is_file()]


def left_out():
    """Return the first parts of the paths in .comfyignore, which has no other patterns."""
    lines = [
        line
        for line in (ROOT / ".comfyignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert [] == [line for line in lines if not re.fullmatch(r"/[\w.-]+/?", line)]
    return {line.strip("/") for line in lines}


def promised():
    """Return the files that a user gets."""
    absent = left_out()
    return {path for path in tracked() if path.parts[0] not in absent}


def metadata(name):
    """Return a value of pyproject.toml, read as text: Python 3.10 has no parser."""
    return re.search(
        rf'^{name} = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )[1]
