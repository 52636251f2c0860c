"""Draw every picture of this project anew, out of the real thing: what the registry shows, the templates, the help pages and the README."""

from __future__ import annotations

import subprocess
import sys

from .comfyui import prepare
from .environment import ROOT
from .python import SetupFailed
from .tools import tools_python

_DRAWERS = ("brand", "pictures", "screenshots")


def main() -> int:
    """Prepare what is needed, and draw."""
    try:
        python = tools_python(prepare())
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    chosen = sys.argv[1:] or _DRAWERS
    return max(subprocess.run([str(python), "-m", f"scripts.{name}"], cwd=ROOT, check=False).returncode for name in chosen)


if __name__ == "__main__":
    sys.exit(main())
