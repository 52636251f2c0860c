"""How long the latest tasks took: a small file beside the journal, whose loss costs nothing."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path

from ..files import atomic_write, sweep
from .entry import Entry

_KEPT = 8  # of each kind: a host is faster on one day than on another
_MAX_KINDS = 200
_MAX_BYTES = 256 * 1024  # a larger file is not one of ours and is not read
_NEW_SECONDS = 3600

logger = logging.getLogger(__name__)


class Durations:
    """The seconds of processing that the latest tasks took, by host, resolution and length.

    Each is of a task that one run saw in processing and then done, so the age of an entry, which
    may be collected days later, is not among them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of_tasks_like(self, entry: Entry) -> list[float]:
        """Return the latest of the entry's kind, none where the file cannot be read."""
        known = self._read().get(_kind(entry), [])
        numbers = [float(each) for each in known if isinstance(each, int | float)]
        return [each for each in numbers if math.isfinite(each) and each > 0]

    def add(self, entry: Entry, seconds: float) -> None:
        """Remember what a task took. Two writers at a time may lose one of them."""
        known = self._read()
        latest = [*known.pop(_kind(entry), []), round(seconds, 1)][-_KEPT:]
        kinds = [*known.items(), (_kind(entry), latest)][-_MAX_KINDS:]
        try:
            with atomic_write(self._path) as file:
                file.write(json.dumps(dict(kinds), indent=1).encode())
            sweep(self._path.parent, f"{self._path.name}.*.part", _NEW_SECONDS)
        except OSError as error:
            logger.warning("Wan 2.7: the time of a task could not be written (%s).", error)

    def _read(self) -> dict[str, list[object]]:
        try:
            if self._path.stat().st_size > _MAX_BYTES:
                return {}
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {kind: each for kind, each in content.items() if isinstance(each, list)}


def _kind(entry: Entry) -> str:
    return f"{entry.host} {entry.parameters.get('resolution', '')} {entry.seconds} s"
