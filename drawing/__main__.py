"""`make draw`: draw every image of this project again; arguments choose some of the sets.

`brand` is what the registry shows, `voice` the sound of a template, `templates` the images of the
example workflows, `screenshots` those of the README and the help pages.
"""

from __future__ import annotations

import subprocess
import sys

from scripts.comfyui import prepare
from scripts.environment import ROOT
from scripts.python import SetupFailed
from scripts.tools import tools_python

_SETS = ("brand", "voice", "templates", "screenshots")


def main() -> int:
    """Prepare the environment, and draw."""
    try:
        python = str(tools_python(prepare()))
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    commands = [[python, "-m", f"drawing.{name}"] for name in sys.argv[1:] or _SETS]
    return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
