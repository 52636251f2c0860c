"""The Wan 2.7 API played on this machine, over real HTTP: for the demo, the tests and a free dry run. `README.md` says what it assumes.

with Simulator(script=Script(faults=[Fault(on="submit", do="drop_after_body")])) as simulator:
    ...  # simulator.base_url, .requests, .submissions, .downloads, .tasks
"""

from __future__ import annotations

from .faults import Fault
from .script import Script
from .server import Simulator

__all__ = ["Fault", "Script", "Simulator"]
