"""The Wan 2.7 API on this machine, over real HTTP: for the demo, the tests and a free dry run.

README.md lists what it assumes. Tests inject faults with `tests/simulator`.
"""

from __future__ import annotations

from .server import Settings, Simulator

__all__ = ["Settings", "Simulator"]
