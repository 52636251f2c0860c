"""A program on a disk of its own, which may fill up or change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run_on_own_disk(folder, program, options=""):
    """Mount a disk at `folder`, run a Python program there, and return the lines that it prints.

    The program gets our root and the disk as arguments. Skips where disks cannot be mounted.
    """
    command = (
        f"mount -t tmpfs {options} tmpfs '{folder}' && exec '{sys.executable}' -c \"$0\""
        f" '{ROOT}' '{folder}'"
    )
    unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c", command, program]
    try:
        done = subprocess.run(unshare, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("a separate disk needs Linux's unshare")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"this machine does not let tests mount a disk: {done.stderr.strip()}")
    assert 0 == done.returncode, done.stderr
    return done.stdout.splitlines()
