"""Small copies of the pictures that videos begin with, kept beside the journal and named by their content.

They settle what the colours of an untagged video mean, and show which task is which.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Set as AbstractSet
from pathlib import Path

from ..files import atomic_write, sweep

logger = logging.getLogger(__name__)

# A folder that somebody else fills is not read into memory.
_MAX_BYTES = 256 * 1024
_NEW_SECONDS = 3600


class Thumbnails:
    """The folder of small copies, 0700.

    What cannot be kept or read is no reason to fail a paid task: it counts as no thumbnail.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keep a small copy and return its name; "" for none."""
        if not content:
            return ""
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.jpg"
        path = self._folder / name
        try:
            if not path.exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with atomic_write(path) as file:
                    file.write(content)
                sweep(self._folder, "*.part", _NEW_SECONDS)
        except OSError as error:
            logger.warning("Wan 2.7: the small copy of a thumbnail could not be kept (%s).", error)
            return ""
        return name

    def read(self, name: str) -> bytes:
        """The small copy of that name, b"" where there is none."""
        path = self._folder / Path(name).name
        try:
            return path.read_bytes() if name and path.stat().st_size <= _MAX_BYTES else b""
        except OSError:
            return b""

    def keep_only(self, names: AbstractSet[str]) -> None:
        """Remove every other one, but for what another process may be about to record."""
        sweep(self._folder, "*", _NEW_SECONDS, names.__contains__)
