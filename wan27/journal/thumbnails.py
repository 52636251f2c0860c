"""Thumbnails of what videos begin with: files beside the journal, named by their content.

They settle the color matrix of an untagged video, and show which task is which.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Set as AbstractSet
from pathlib import Path

from ..files import atomic_write, sweep

logger = logging.getLogger(__name__)

_MAX_BYTES = 256 * 1024  # a larger file is not one of ours and is not read
_NEW_SECONDS = 3600


class Thumbnails:
    """The folder of thumbnails, 0700.

    A thumbnail that cannot be written or read fails no paid task: it counts as none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Store a JPEG file and return its name; "" for none."""
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
            logger.warning("Wan 2.7: a thumbnail could not be written (%s).", error)
            return ""
        return name

    def read(self, name: str) -> bytes:
        """Return the thumbnail of that name, b"" where there is none."""
        path = self._folder / Path(name).name
        try:
            return path.read_bytes() if name and path.stat().st_size <= _MAX_BYTES else b""
        except OSError:
            return b""

    def keep_only(self, names: AbstractSet[str]) -> None:
        """Delete all others but new ones, which another process may be about to record."""
        sweep(self._folder, "*", _NEW_SECONDS, names.__contains__)
