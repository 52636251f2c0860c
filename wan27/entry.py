"""What the journal remembers of one submission, and the table of its states.

Every change of state goes through this table:

    submitting ──> running ──> finished        begun before the request leaves · the host named a task · the file is on disk
        │             └──────> failed          the host gave the task up, or forgot it
        ├──────────> failed                    the host refused, or nothing was ever sent
        └──────────> uncertain                 sent, but nobody heard the answer: the user was told, and may buy anew

A request is *open* while it is submitting, running or finished.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `created` and `updated` are seconds since the epoch; `path` is None until the video is on disk.

    `uploads` are the names of what was uploaded for it (upload/uploader.py), to be removed when it ends.
    """

    id: int
    fingerprint: str | None
    host: str
    account: str
    state: State
    task_id: str | None
    mode: str
    parameters: Mapping[str, Any]
    cost: str
    uploads: tuple[str, ...]
    owner: str
    created: float
    updated: float
    path: Path | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What is known of a submission before it leaves. `asked` is when its user pressed Run (seconds since the epoch)."""

    fingerprint: str | None
    host: str
    account: str
    mode: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cost: str = ""
    uploads: tuple[str, ...] = ()
    asked: float = field(default_factory=time.time)
