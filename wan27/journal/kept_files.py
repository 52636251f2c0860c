"""Files that belong to entries, in folders beside the journal, named by their content.

A thumbnail settles the color matrix of an untagged video, and shows which task is which. A workflow
is the one that bought the video, to be opened again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Set as AbstractSet
from pathlib import Path

from ..files import atomic_write, sweep

logger = logging.getLogger(__name__)


class KeptFiles:
    """The files that entries name in one column, in a folder (0700) named after it.

    They change only inside a transaction of the journal. A file that is too large, or cannot be
    written or read, fails no paid task: it counts as none.
    """

    def __init__(self, beside: Path, column: str, suffix: str, max_bytes: int) -> None:
        self.column, self._folder = column, beside / f"{column}s"
        self._suffix, self._max_bytes = suffix, max_bytes

    def keep(self, content: bytes) -> str:
        """Store a file and return its name; "" for none."""
        if not content or len(content) > self._max_bytes:
            return ""
        name = f"{hashlib.sha256(content).hexdigest()[:32]}{self._suffix}"
        path = self._folder / name
        try:
            if not path.exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with atomic_write(path) as file:
                    file.write(content)
                sweep(self._folder, "*.part", 0)  # of a killed process
        except OSError as error:
            logger.warning("Wan 2.7: a file could not be written to %s (%s).", self._folder, error)
            return ""
        return name

    def read(self, name: str) -> bytes:
        """Return the file of that name, b"" if it is missing or too large."""
        path = self._folder / Path(name).name
        try:
            return path.read_bytes() if name and path.stat().st_size <= self._max_bytes else b""
        except OSError:
            return b""

    def keep_only(self, names: AbstractSet[str]) -> None:
        """Delete all others."""
        sweep(self._folder, "*", 0, names.__contains__)
