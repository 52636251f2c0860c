"""What the journal remembers of one submission, and the table of its states.

Every change of state goes through this table:

    submitting ──> running ──> finished        begun before the request leaves · the host named a task · the file is on disk
        │             └──────> failed          the host gave the task up, or forgot it
        ├──────────> failed                    the host refused, or nothing was ever sent
        └──────────> uncertain                 sent, but nobody heard the answer: the user was told, and may buy anew

A request is *open* while it is submitting, running or finished.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from .cost import Cost


class State(Enum):
    """Where a submission stands."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


TRANSITIONS = {
    State.SUBMITTING: {State.RUNNING, State.FAILED, State.UNCERTAIN},
    State.RUNNING: {State.FINISHED, State.FAILED},
    State.FINISHED: {State.FINISHED, State.FAILED},  # its file was deleted: fetched again, or forgotten by the host
    State.FAILED: set(),
    State.UNCERTAIN: set(),
}


_NUMBER, _TEXT = int | float, str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `created` and `updated` are seconds since the epoch; `path` is None until the video is on disk.

    `uploads` are the names of what was uploaded for it (upload/uploader.py), to be removed when it ends; `picture` is the name of the small
    copy of what the video begins with (pictures.py), "" for none. `cost` is the estimate that was shown, None where no price is known.
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
    picture: str = ""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Entry:
        """The entry that a row of the journal holds. Raises `ValueError` or `TypeError` for a row that is none."""
        columns = dict(row)
        if not all(isinstance(value, _NUMBER if name in {"id", "created", "updated"} else _TEXT) for name, value in columns.items()):
            raise TypeError("a column holds what it never does")
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
    """What is known of a submission before it leaves. `asked` is when its user pressed Run (seconds since the epoch).

    `picture` is a small copy of what the video begins with, as a file; b"" for none.
    """

    fingerprint: str | None
    host: str
    account: str
    mode: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cost: Cost | None = None
    uploads: tuple[str, ...] = ()
    picture: bytes = field(default=b"", repr=False)
    asked: float = field(default_factory=time.time)

    def row(self, state: State, task_id: str | None, *, owner: str, picture: str) -> dict[str, object]:
        """The row of the journal that this begins as."""
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
            "picture": picture,
        }
