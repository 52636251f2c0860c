"""The parts of every chaos test: a folder, a key that must not leak, random choices and a host."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulator import Script, ScriptedSimulator

from .user import Request

FRAMES = 60


@dataclass(frozen=True)
class Trial:
    """The folder, key, video and random choices of one test.

    Every task returns `video`, two seconds whose frames show their numbers. `key` must be in no
    file below `folder` at the end of the test. All random choices come from `chance`.
    """

    folder: Path
    video: Path
    chance: random.Random
    key: str = field(default_factory=lambda: f"sk-canary-{secrets.token_hex(12)}")

    def script(self, **changed: Any) -> Script:
        """Return the script of a host whose tasks are done at once."""
        done_at_once = {"queued_seconds": 0, "working_seconds": 0, "video": str(self.video)}
        return Script(**done_at_once | changed)

    def host(self, **changed: Any) -> ScriptedSimulator:
        """Return a host on loopback with that script, in a thread of this process."""
        return ScriptedSimulator(self.script(**changed))

    def request(self, host: ScriptedSimulator, prompt: str, **changed: Any) -> Request:
        """Return a user's request to that host by any protocol, in a folder of its own."""
        folder = self.folder / prompt.replace(" ", "-").replace(",", "")
        given = {"host_name": self.chance.choice(("novita", "alibaba"))} | changed
        return Request(host.base_url, self.key, folder, prompt, **given)
