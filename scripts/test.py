"""Run the tests, with everything they need prepared first; arguments go to pytest.

Without arguments all tests run, in parallel, and the twenty slowest are listed. Most tests wait for
a server, a browser or a timeout, so there are more workers than cores.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from .environment import ROOT
from .python import SetupFailed
from .tools import prepare_if_possible, tools_python

# `tests/conftest.py` puts the tests into groups, each for one worker, the longest first.
PARALLEL = ["--numprocesses=6", "--dist=loadgroup", "--no-loadscope-reorder"]


def main() -> int:
    """Prepare, test, and return pytest's exit code."""
    try:
        comfyui = prepare_if_possible()
        python = tools_python(comfyui)
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    # There are more threads than cores: one that waits for others must not keep a core busy.
    env = os.environ | {"OMP_WAIT_POLICY": "passive"}
    if comfyui:
        env |= {"COMFYUI_PATH": str(comfyui.folder), "COMFYUI_PYTHON": str(comfyui.python)}
    # A shell's background job ignores Ctrl-C and hands that on: each ComfyUI would be killed late.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = sys.argv[1:] or [*PARALLEL, "--durations=20"]
    command = [str(python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
