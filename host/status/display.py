"""The status and the progress bar of one node during one run."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import comfy.utils

from ...wan27.money import Cost
from ...wan27.session import Phase, Progress
from .events import NodeRef, send_status
from .text import Status, status_of

logger = logging.getLogger(__name__)

# Where each phase begins and ends on the bar, in percent.
_BAR = {
    Phase.QUEUED: (2, 5),
    Phase.PROCESSING: (5, 90),
    Phase.DOWNLOADING: (90, 95),
    Phase.DECODING: (95, 99),
    Phase.SUBMITTED: (100, 100),
    Phase.DONE: (100, 100),
}


class Display:
    """The status of one node: a session's `tick` and `report`."""

    def __init__(self, node: NodeRef, host_title: str, notices: tuple[str, ...]) -> None:
        self.task_id: str | None = None  # None until there is a task
        self._node = node
        self._host_title = host_title
        self._bar = comfy.utils.ProgressBar(100, node_id=node.run_id)
        self._bar_percent = 0
        self._progress: Progress | None = None
        self._cost: Cost | None = None
        self._bought = False
        self._notices: tuple[str, ...] = ()
        self._add_notices(notices)
        self._last_status: Status | None = None

    def tick(self) -> None:
        """Update the clock."""
        self._show()

    def report(self, progress: Progress) -> None:
        """Show a new phase at once; within a phase the next tick shows what changed."""
        is_new_phase = self._progress is None or self._progress.phase is not progress.phase
        self.task_id = progress.task_id or self.task_id
        self._progress = progress
        self._cost = progress.cost or self._cost
        self._bought = self._bought or progress.bought
        self._add_notices(progress.notices)
        self._move_bar(progress)
        if is_new_phase:  # a download reports hundreds of times a second
            self._show()

    def _add_notices(self, notices: tuple[str, ...]) -> None:
        for notice in notices:
            logger.warning("Wan 2.7: %s", notice)
        self._notices += notices

    def _move_bar(self, progress: Progress) -> None:
        """Move the bar forward, never back: a phase may report again from its start."""
        begin, end = _BAR.get(progress.phase, (0, 0))
        percent = int(begin + (end - begin) * (progress.percent or 0.0) / 100)
        if percent > self._bar_percent:
            self._bar_percent = percent
            self._bar.update_absolute(percent)

    def _show(self) -> None:
        if self._progress is None:
            return
        status = replace(
            status_of(self._progress, self._host_title, time.time(), self._cost),
            task_id=self.task_id,
            bought=self._bought,
            notices=self._notices,
        )
        if status == self._last_status:
            return
        self._last_status = status
        send_status(self._node, status)
