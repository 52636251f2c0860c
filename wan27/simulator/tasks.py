"""The life of a task by a clock that is passed in: queued, processing, succeeded or failed.

No task ends before its time, and none succeeds before its file is there: a slow rendering keeps it
processing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import ceil
from pathlib import Path
from typing import Any


class TaskState(Enum):
    """The states of a task; each protocol has its own words for them."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(slots=True)
class Task:
    """One task that was created; a real host would charge for it once it succeeds.

    The rendering, in a thread of its own, sets `rendered_share` and then `path` or `failure`.
    """

    body: dict[str, Any]  # the request without its media URLs, with the host's defaults
    created_seconds: float  # the clock when the task was created
    queued_seconds: float
    working_seconds: float
    failure: str = ""
    failure_code: str = "InternalError"  # for protocols that have one
    path: Path | None = None
    rendered_share: float = 0.0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def state(self, now_seconds: float) -> TaskState:
        """Return the state at a reading of the clock."""
        age = now_seconds - self.created_seconds
        if age < self.queued_seconds:
            return TaskState.QUEUED
        if age < self.queued_seconds + self.working_seconds:
            return TaskState.PROCESSING
        if self.failure:
            return TaskState.FAILED
        return TaskState.SUCCEEDED if self.path else TaskState.PROCESSING

    def progress_percent(self, now_seconds: float) -> int:
        """Return 0..100, the smaller share of time and rendering; 100 only at the end."""
        state = self.state(now_seconds)
        if state in (TaskState.QUEUED, TaskState.FAILED):
            return 0
        if state is TaskState.SUCCEEDED:
            return 100
        worked = now_seconds - self.created_seconds - self.queued_seconds
        share = min(1.0, worked / self.working_seconds) if self.working_seconds else 1.0
        rendered = 1.0 if self.path or self.failure else self.rendered_share
        return min(99, int(100 * min(share, rendered)))

    def eta_seconds(self, now_seconds: float) -> int:
        """Return the whole seconds left, 0 at the end; 1 where only the rendering is late."""
        if self.state(now_seconds) in (TaskState.SUCCEEDED, TaskState.FAILED):
            return 0
        end = self.created_seconds + self.queued_seconds + self.working_seconds
        return max(1, ceil(end - now_seconds))


class Tasks:
    """All tasks of one simulator, oldest first; a real host would charge for each."""

    def __init__(self) -> None:
        self._by_id: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Add a new task."""
        self._by_id[task.id] = task

    def find(self, task_id: str) -> Task | None:
        """Return the task with that id, or None."""
        return self._by_id.get(task_id)

    def __iter__(self) -> Iterator[Task]:
        return iter(tuple(self._by_id.values()))

    def __getitem__(self, index: int) -> Task:
        return tuple(self._by_id.values())[index]

    def __len__(self) -> int:
        return len(self._by_id)
