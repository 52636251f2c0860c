"""`make bench`: measure speed, memory and color, and print a table; `--help` lists the options."""

from __future__ import annotations

import sys

from scripts.continue_with import continue_with
from scripts.environment import scrubbed_environment

if __name__ == "__main__":
    # No key, proxy or setting of the developer's may change what is measured.
    sys.exit(continue_with("benchmarks.measure", sys.argv[1:], scrubbed_environment()))
