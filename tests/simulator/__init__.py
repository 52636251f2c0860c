"""The shipped simulator with faults that a test injects and a record of every request.

with ScriptedSimulator(Script(faults=[Fault(on="submit", do="drop_after_body")])) as simulator:
    ...  # simulator.base_url, .requests, .submissions, .downloads, .tasks
"""

from __future__ import annotations

from .faults import WORDS, Fault
from .script import Script
from .scripted import ScriptedSimulator

__all__ = ["WORDS", "Fault", "Script", "ScriptedSimulator"]
