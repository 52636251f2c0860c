"""The simulator of this process: one for all dry runs, from the first of them to the end."""

from __future__ import annotations

import atexit
import threading

from .server import Simulator

_starting = threading.Lock()
_running: list[Simulator] = []


def simulator_url() -> str:
    """Return the address of the simulator; start it if it is not running."""
    with _starting:
        if not _running:
            simulator = Simulator()
            simulator.start()
            atexit.register(simulator.stop)  # deletes the videos
            _running.append(simulator)
        return _running[0].base_url
