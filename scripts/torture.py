"""Kill, starve and confuse the pack, and count what was bought twice or lost: nothing may be; `--help` lists the options."""

from __future__ import annotations

import subprocess
import sys

from .comfyui import prepare
from .environment import ROOT, scrubbed_environment
from .python import SetupFailed


def main() -> int:
    """Prepare ComfyUI, and run the rest with its Python, which has all that is tormented."""
    try:
        comfyui = prepare()
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    place = [str(comfyui.folder), str(comfyui.python), comfyui.version]
    command = [str(comfyui.python), "-m", "scripts.torments", *place, *sys.argv[1:]]
    child = subprocess.Popen(command, cwd=ROOT, env=scrubbed_environment())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The child has it too, and needs a moment to end its servers.
            continue


if __name__ == "__main__":
    sys.exit(main())
