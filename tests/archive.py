"""What the registry's archive should hold, worked out from git and .comfyignore without the registry's own tool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent


def tracked():
    """Every file of the checkout that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = (
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        .stdout.decode("utf-8")
        .split("\0")
    )
    return [PurePosixPath(line) for line in listed if line and (ROOT / line).is_file()]


def left_out():
    """The first parts of the paths that .comfyignore leaves out; it holds nothing but those."""
    lines = [
        line
        for line in (ROOT / ".comfyignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert [] == [line for line in lines if not re.fullmatch(r"/[\w.-]+/?", line)]
    return {line.strip("/") for line in lines}


def promised():
    """The files that a user gets."""
    absent = left_out()
    return {path for path in tracked() if path.parts[0] not in absent}


def metadata(name):
    """One value of pyproject.toml, which is read as text because Python 3.10 has no reader."""
    return re.search(
        rf'^{name} = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )[1]
