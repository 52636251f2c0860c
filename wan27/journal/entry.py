"""A journal entry: what is remembered of one submission."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..money import Cost
from .states import State

_NUMBERS = {"id", "created", "updated", "seconds", "size", "attached", "forgotten"}
_OPTIONAL = {"fingerprint", "task_id"}


@dataclass(frozen=True, slots=True)
class UploadRef:
    """An upload of a task: its name, and the place where the uploader stored it.

    The place is `Uploader.place`: without it, a change of WAN27_UPLOAD would leave the media.
    """

    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal.

    `fingerprint` is None for a task that is known by its id alone. `created` and `updated` are
    epoch seconds. `cost` is the estimate that was shown, None where no price is known; `seconds` is
    the length of video that was ordered. `path` is the video relative to the output folder, None
    until finished; `size` (bytes) and `sha256` are the file's. `uploads` are those not yet deleted.
    `thumbnail` and `workflow` are file names, "" for none. `attached` means that a person named its
    task. `forgotten` means that its details were deleted: only what keeps the request from being
    bought again is left.
    """

    id: int
    created: float
    updated: float
    fingerprint: str | None
    host: str
    task_id: str | None
    state: State
    mode: str
    parameters: Mapping[str, Any]
    seconds: int
    cost: Cost | None
    uploads: tuple[UploadRef, ...]
    path: PurePosixPath | None
    size: int
    sha256: str
    error: str
    thumbnail: str
    attached: bool
    forgotten: bool
    workflow: str = ""  # missing in a damaged file of an older version

    @property
    def was_refused(self) -> bool:
        """Whether no task came of it, and no cost: the host refused it, or nothing was sent."""
        return self.state is State.FAILED and self.task_id is None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Entry:
        """Return the entry of a row. Raises `ValueError` or `TypeError` for an invalid row."""
        columns = dict(row)
        if not all(isinstance(value, _type(name)) for name, value in columns.items()):
            raise TypeError("a column has the wrong type")
        return cls(
            **columns
            | {
                "state": State(columns["state"]),
                "parameters": json.loads(columns["parameters"]),
                "uploads": tuple(UploadRef(*pair) for pair in json.loads(columns["uploads"])),
                "cost": Cost.parse(columns["cost"]),
                "path": PurePosixPath(columns["path"]) if columns["path"] else None,
                "attached": bool(columns["attached"]),
                "forgotten": bool(columns["forgotten"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A submission before it is sent.

    `thumbnail` is a JPEG file, `workflow` gzipped JSON; both are b"" for none.
    """

    fingerprint: str | None
    host: str
    mode: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cost: Cost | None = None
    uploads: tuple[UploadRef, ...] = ()
    thumbnail: bytes = field(default=b"", repr=False)
    workflow: bytes = field(default=b"", repr=False)

    def row(self, state: State, task_id: str | None = None) -> dict[str, Any]:
        """Return the first row of this submission, which names no file yet."""
        now = time.time()
        return {
            "created": now,
            "updated": now,
            "fingerprint": self.fingerprint,
            "host": self.host,
            "task_id": task_id,
            "state": state.value,
            "mode": self.mode,
            "parameters": json.dumps(dict(self.parameters)),
            "seconds": int(self.parameters.get("duration", 0)),
            "cost": "" if self.cost is None else self.cost.stored,
            "uploads": uploads_column(self.uploads),
            "path": "",
            "size": 0,
            "sha256": "",
            "error": "",
            "thumbnail": "",
            "attached": 0,
            "forgotten": 0,
            "workflow": "",
        }


def uploads_column(uploads: Iterable[UploadRef]) -> str:
    """Return uploads as the journal stores them."""
    return json.dumps([(upload.place, upload.name) for upload in uploads])


def _type(column: str) -> Any:
    if column in _NUMBERS:
        return int | float
    return str | None if column in _OPTIONAL else str
