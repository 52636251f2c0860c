"""Measure what the pack promises about speed, memory and colour, and print one table; `--help` lists the options."""

from __future__ import annotations

import subprocess
import sys

from .comfyui import prepare
from .environment import ROOT, scrubbed_environment
from .python import SetupFailed


def main() -> int:
    """Prepare ComfyUI, and run the rest with its Python, which has all that is measured."""
    try:
        comfyui = prepare()
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    # ComfyUI's own reader and writer are measured beside ours; its server runs in a process with an environment of its own.
    env = scrubbed_environment() | {"PYTHONPATH": str(comfyui.folder)}
    place = [str(comfyui.folder), str(comfyui.python), comfyui.version]
    command = [str(comfyui.python), "-m", "scripts.benchmarks", *place, *sys.argv[1:]]
    child = subprocess.Popen(command, cwd=ROOT, env=env)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The child has it too, and needs a moment to end its servers.
            continue


if __name__ == "__main__":
    sys.exit(main())
