"""The demo: a real ComfyUI, this pack, the example workflow, and a video with its contact sheet.

Without a key the API is simulated on this machine and costs nothing. With a key, or a host chosen,
the real one is used. The results are in `demo/`.
"""

from __future__ import annotations

import sys

from .continue_with import continue_with

if __name__ == "__main__":
    sys.exit(continue_with("scripts.demo_run", []))
