"""What was seen, by name, in a file: an interrupted run loses nothing of what cost money to see."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wan27.files import atomic_write


class Facts:
    """JSON values by name; each change is on disk at once."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier run saw; a file that cannot be read counts as none."""
        self._path = path
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            found = {}
        self._values: dict[str, Any] = found if isinstance(found, dict) else {}

    def __getitem__(self, name: str) -> Any:
        """Return the value, None where nothing was seen."""
        return self._values.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value
        self._write()

    def forget(self, names: Iterable[str]) -> None:
        """Delete what will be looked at again."""
        for name in names:
            self._values.pop(name, None)
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._path) as file:
            file.write(json.dumps(self._values, indent=1).encode())
