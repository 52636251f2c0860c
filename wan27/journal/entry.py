"""A journal entry: what is remembered of one submission."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..money import Cost
from .states import State

_NUMBERS = {"id", "created", "updated"}
_OPTIONAL = {"fingerprint", "task_id"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal.

    `created` and `updated` are epoch seconds. `path` is None until the video is on disk. `uploads`
    names its uploads (upload/uploader.py), to be deleted when it ends. `cost` is the estimate that
    was shown, None where no price is known. `thumbnail` is a file name (thumbnails.py), "" for
    none.
    """

    id: int
    fingerprint: str | None
    host: str
    account: str
    state: State
    task_id: str | None
    mode: str
    parameters: Mapping[str, Any]
    cost: Cost | None
    uploads: tuple[str, ...]
    owner: str
    created: float
    updated: float
    path: Path | None
    error: str
    thumbnail: str

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Entry:
        """Return the entry of a row. Raises `ValueError` or `TypeError` for an invalid row."""
        columns = dict(row)
        if not all(isinstance(value, _type(name)) for name, value in columns.items()):
            raise TypeError("a column has the wrong type")
        columns |= {
            "state": State(columns["state"]),
            "parameters": json.loads(columns["parameters"]),
            "uploads": tuple(json.loads(columns["uploads"])),
            "cost": Cost.parse(columns["cost"]),
            "path": Path(columns["path"]) if columns["path"] else None,
        }
        return cls(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A submission before it is sent.

    `asked` is when its user pressed Run (epoch seconds). `thumbnail` is a JPEG file, b"" for none.
    """

    fingerprint: str | None
    host: str
    account: str
    mode: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cost: Cost | None = None
    uploads: tuple[str, ...] = ()
    thumbnail: bytes = field(default=b"", repr=False)
    asked: float = field(default_factory=time.time)

    def row(
        self, state: State, task_id: str | None, *, owner: str, thumbnail: str
    ) -> dict[str, object]:
        """Return the first row of this submission."""
        now = time.time()
        return {
            "fingerprint": self.fingerprint,
            "host": self.host,
            "account": self.account,
            "state": state.value,
            "task_id": task_id,
            "mode": self.mode,
            "parameters": json.dumps(dict(self.parameters)),
            "cost": "" if self.cost is None else self.cost.stored,
            "uploads": json.dumps(self.uploads),
            "owner": owner,
            "created": now,
            "updated": now,
            "path": "",
            "error": "",
            "thumbnail": thumbnail,
        }


def _type(column: str) -> Any:
    if column in _NUMBERS:
        return int | float
    return str | None if column in _OPTIONAL else str
