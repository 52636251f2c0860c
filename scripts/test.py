"""Run the tests, with all they need prepared first; arguments go to pytest."""

from __future__ import annotations

import os
import subprocess
import sys

from .environment import ROOT
from .python import SetupFailed
from .tools import prepare_or_say, tools_python


def main() -> int:
    """Prepare, test, and return pytest's exit code."""
    try:
        comfyui = prepare_or_say()
        python = tools_python(comfyui)
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    env = dict(os.environ)
    if comfyui:
        env |= {"COMFYUI_PATH": str(comfyui.folder), "COMFYUI_PYTHON": str(comfyui.python)}
    return subprocess.run(
        [str(python), "-m", "pytest", *sys.argv[1:]], cwd=ROOT, env=env, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
