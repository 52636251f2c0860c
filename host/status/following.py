"""Who follows which task in this ComfyUI now, and what it saw last: a node, or the open list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...wan27.session import Progress

# By follower; each block has its own key. Threads write single items only.
_last: dict[object, tuple[str, Progress]] = {}


@contextmanager
def following(host_id: str) -> Iterator[Callable[[Progress], None]]:
    """Yield the function that takes the reports of one Run, which follows until the block ends."""
    follower = object()

    def report(progress: Progress) -> None:
        if progress.task_id:
            _last[follower] = host_id, progress

    try:
        yield report
    finally:
        _last.pop(follower, None)


def reports_of(host_id: str, task_id: str | None) -> list[Progress]:
    """Return the last report of each follower of a task."""
    last = list(_last.values())
    return [report for host, report in last if (host, report.task_id) == (host_id, task_id)]
