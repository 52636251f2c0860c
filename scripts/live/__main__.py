"""Check host and key, then continue in a Python that can read a video."""

from __future__ import annotations

import os
import sys

from ..continue_with import continue_with
from .options import missing, parse


def main() -> int:
    """Return 2, after one sentence on what to set, where the host or its key is missing."""
    if problem := missing(parse(sys.argv[1:]), os.environ):
        print(problem, file=sys.stderr)
        return 2
    return continue_with("scripts.live.run", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
