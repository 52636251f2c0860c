"""The life of a task: QUEUED → PROCESSING → SUCCEED or FAILED, by a clock that is given, never by a sleep.

Nothing ends before its time, and nothing succeeds before its file is there: a slow rendering keeps a task in PROCESSING.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUEUED, PROCESSING, SUCCEED, FAILED = (f"TASK_STATUS_{word}" for word in ("QUEUED", "PROCESSING", "SUCCEED", "FAILED"))


@dataclass(slots=True)
class Task:
    """One task that was created, and so would have been paid for once it succeeds.

    `body` is the request without its media URLs. `born_seconds` is the clock's reading at its creation.
    The rendering, in its own thread, sets `rendered_share`, then `path` or `failure`.
    """

    body: dict[str, Any]
    born_seconds: float
    queued_seconds: float
    working_seconds: float
    empty: bool = False  # succeeds without a video
    failure: str = ""
    path: Path | None = None
    rendered_share: float = 0.0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def status(self, now_seconds: float) -> str:
        """Return the documented status at a reading of the clock."""
        age = now_seconds - self.born_seconds
        if age < self.queued_seconds:
            return QUEUED
        if age < self.queued_seconds + self.working_seconds:
            return PROCESSING
        if self.failure:
            return FAILED
        return SUCCEED if self.path or self.empty else PROCESSING

    def progress_percent(self, now_seconds: float) -> int:
        """Return 0..100: the smaller of the share of the time that is over and of the video that is rendered; 100 only at the end."""
        status = self.status(now_seconds)
        if status in (QUEUED, FAILED):
            return 0
        if status == SUCCEED:
            return 100
        worked = now_seconds - self.born_seconds - self.queued_seconds
        share = min(1.0, worked / self.working_seconds) if self.working_seconds else 1.0
        rendered = 1.0 if self.path or self.empty or self.failure else self.rendered_share
        return min(99, int(100 * min(share, rendered)))

    def eta_seconds(self, now_seconds: float) -> int:
        """Return the whole seconds still to go, 0 at the end; 1 where only the rendering is behind its time."""
        if self.status(now_seconds) in (SUCCEED, FAILED):
            return 0
        return max(1, ceil(self.born_seconds + self.queued_seconds + self.working_seconds - now_seconds))


class Tasks:
    """All tasks of one simulator, in the order of their creation. `len(tasks)` is what would have been paid for."""

    def __init__(self) -> None:
        self._by_id: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Keep a new task."""
        self._by_id[task.id] = task

    def find(self, task_id: str) -> Task | None:
        """Return the task of that id, or None."""
        return self._by_id.get(task_id)

    def __iter__(self) -> Iterator[Task]:
        return iter(tuple(self._by_id.values()))

    def __getitem__(self, index: int) -> Task:
        return tuple(self._by_id.values())[index]

    def __len__(self) -> int:
        return len(self._by_id)
