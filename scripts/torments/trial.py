"""What every torment is given, and the host that it is played against."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.nodes.numbered_video import numbered_video
from wan27.simulator import Script, Simulator

from ..comfyui import ComfyUI

FRAMES = 60


@dataclass(frozen=True)
class Trial:
    """One run of `make torture`. `comfyui` is None where only the library is tormented; all chances come from `chance`.

    `key` must be found nowhere below `folder` when all is over.
    """

    folder: Path
    comfyui: ComfyUI | None = None
    is_long: bool = False
    chance: random.Random = field(default_factory=random.Random)
    key: str = field(default_factory=lambda: f"sk-canary-{secrets.token_hex(12)}")

    def times(self, short: int, long: int) -> int:
        """How often, by the length of this run."""
        return long if self.is_long else short

    @property
    def video(self) -> Path:
        """The video that every task gives: two seconds whose frames show their numbers. Made once."""
        path = self.folder / "video.mp4"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            numbered_video(path, FRAMES, size=(640, 352))
        return path

    def script(self, **changed: Any) -> Script:
        """A host whose tasks are done at once."""
        return Script(**{"queued_seconds": 0, "working_seconds": 0, "video": str(self.video)} | changed)

    def host(self, **changed: Any) -> Simulator:
        """A host on loopback with that script, in a thread of this process."""
        return Simulator(self.script(**changed))
