"""Continue a command in ComfyUI's Python, which can read images and videos."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from .comfyui import prepare
from .environment import ROOT
from .python import SetupFailed


def continue_with(module: str, arguments: list[str], env: Mapping[str, str] | None = None) -> int:
    """Prepare ComfyUI, run a module with its Python and return the exit code.

    The module finds the same ComfyUI by `scripts.comfyui.prepare`, and can import its packages.
    `env` is the environment (default: this process's).
    """
    try:
        comfyui = prepare()
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    folder, python = str(comfyui.folder), str(comfyui.python)
    env = {**(os.environ if env is None else env), "PYTHONPATH": folder}
    env |= {"COMFYUI_PATH": folder, "COMFYUI_PYTHON": python}
    child = subprocess.Popen([python, "-m", module, *arguments], cwd=ROOT, env=env)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The child got Ctrl-C too and needs a moment to stop its servers.
            continue
