"""Run the tests that meet ComfyUI in each version that can be had, and print a line for each; arguments are the versions (default: all).

With `COMFYUI_PATH` set, they run in that one instead.
"""

from __future__ import annotations

import os
import subprocess
import sys

from .cached_copy import SDISTS
from .environment import ROOT
from .test import PARALLEL

_MEET_COMFYUI = [
    "tests/chaos/test_comfyui_killed.py",
    "tests/comfyui",
    "tests/host",
    "tests/nodes",
    "tests/test_fresh_environment.py",
    "tests/test_locales.py",
    "tests/test_packaging.py",
]


def main() -> int:
    """Prove each version, and return 0 only where all are content."""
    versions = [""] if os.environ.get("COMFYUI_PATH") else sys.argv[1:] or list(SDISTS)
    codes = [_run(version) for version in versions]
    return max(codes)


def _run(version: str) -> int:
    print(f"ComfyUI {version or os.environ['COMFYUI_PATH']}: ", end="", flush=True)
    # CI, since what cannot be prepared is then a failure and not skipped.
    env = os.environ | {"COMFYUI_VERSION": version, "CI": "true"}
    command = [sys.executable, "-m", "scripts.test", "-q", *PARALLEL, *_MEET_COMFYUI]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # pytest ends with its counts: "1 failed, 216 passed in 240.10s".
    print(ran.stdout.splitlines()[-1] if ran.returncode == 0 else ran.stdout, flush=True)
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
