"""The demo: a real ComfyUI, this pack, the example workflow, and a video with its contact sheet in `demo/`.

Without a key the API is simulated on this machine and costs nothing. With a key, or a host chosen, it is the real one.
"""

from __future__ import annotations

import subprocess
import sys

from .comfyui import prepare
from .environment import ROOT
from .python import SetupFailed


def main() -> int:
    """Prepare ComfyUI, and run the rest with its Python, which can read pictures and videos."""
    try:
        comfyui = prepare()
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    place = [str(comfyui.folder), str(comfyui.python), comfyui.version]
    child = subprocess.Popen([str(comfyui.python), "-m", "scripts.demo_run", *place], cwd=ROOT)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The child has it too, and needs a moment to end its server.
            continue


if __name__ == "__main__":
    sys.exit(main())
