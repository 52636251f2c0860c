"""The expected content of the registry's archive, from git and .comfyignore."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent


def tracked():
    """Return every file of the checkout that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode("utf-8").split("\0")
    return [PurePosixPath(name) for name in names if name and (ROOT / name).is_file()]


def ignored():
    """Return the first parts of the paths in .comfyignore, which has no other patterns."""
    text = (ROOT / ".comfyignore").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [] == [line for line in lines if not re.fullmatch(r"/[\w.-]+/?", line)]
    return {line.strip("/") for line in lines}


def expected_files():
    """Return the files that a user gets."""
    left_out = ignored()
    return {path for path in tracked() if path.parts[0] not in left_out}


def metadata(name):
    """Return a value of pyproject.toml, read as text: Python 3.10 has no parser."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return re.search(rf'^{name} = "(.+)"$', text, re.MULTILINE)[1]
