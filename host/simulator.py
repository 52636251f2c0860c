"""The simulator inside the pack, for `WAN27_HOST=simulator`: any user can try every workflow without a key and without cost."""

from __future__ import annotations

import atexit
import threading

from ..wan27.simulator import Simulator

_starting = threading.Lock()
_running: list[Simulator] = []


def simulator_url() -> str:
    """The address of this process's simulator, started at first use and stopped with the process."""
    with _starting:
        if not _running:
            simulator = Simulator()
            simulator.start()
            atexit.register(simulator.stop)  # it keeps its videos in a temporary folder
            _running.append(simulator)
        return _running[0].base_url
