"""Run the tests that need ComfyUI in each of its versions, and print a line for each.

Arguments are the versions (default: all). If `COMFYUI_PATH` is set, they run in that one instead.
"""

from __future__ import annotations

import os
import subprocess
import sys

from .cached_copy import SDISTS
from .environment import ROOT
from .test import PARALLEL

_NEED_COMFYUI = [
    "tests/chaos/test_comfyui_killed.py",
    "tests/comfyui",
    "tests/host",
    "tests/nodes",
    "tests/test_locales.py",
    "tests/test_packaging.py",
]


def main() -> int:
    """Return 0 only if every version passes."""
    versions = [""] if os.environ.get("COMFYUI_PATH") else sys.argv[1:] or list(SDISTS)
    codes = [_run(version) for version in versions]
    return max(codes)


def _run(version: str) -> int:
    print(f"ComfyUI {version or os.environ['COMFYUI_PATH']}: ", end="", flush=True)
    # CI: then what cannot be prepared fails and is not skipped.
    env = os.environ | {"COMFYUI_VERSION": version, "CI": "true"}
    command = [sys.executable, "-m", "scripts.test", "-q", *PARALLEL, *_NEED_COMFYUI]
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
