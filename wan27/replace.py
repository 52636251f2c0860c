"""A new file in the place of an old one, also on Windows, which refuses for as long as anybody has the old one open."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

# Whoever reads one of these files is done in milliseconds; a virus scanner that has just seen the new one takes longer.
_WAITS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0)
_HELD = (5, 32)  # Windows: access denied, sharing violation


def replace(new: Path, old: Path, pause: Callable[[float], None] = time.sleep) -> None:
    """Let `new` stand where `old` was or may have been. Blocking. Raises `OSError`, after a second and a half where the file is held."""
    for seconds in _WAITS_SECONDS:
        try:
            new.replace(old)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
            pause(seconds)
        else:
            return
    new.replace(old)
