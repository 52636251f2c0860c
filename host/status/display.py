"""What a node shows while it works: its status, a bar, and the cancel that the user may press at any moment."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import comfy.model_management
import comfy.utils
from server import PromptServer

from ...wan27.money import Cost
from ...wan27.session import Progress
from .events import Place, node_status, shows_status
from .text import DONE, Status, price_text, status_of, status_text

logger = logging.getLogger(__name__)

# The share of the whole bar at which each phase begins and ends. It never reaches the end before
# the work does.
_BAR = {"queued": (2, 5), "processing": (5, 90), "downloading": (90, 95), "decoding": (95, 99)}


class Display:
    """The face of one node during one run."""

    def __init__(self, place: Place, host_title: str) -> None:
        self._place = place
        self.task_id: str | None = None  # known once there is a task
        self._host_title = host_title
        self._bar = comfy.utils.ProgressBar(100, node_id=place.node_id)
        self._progress: Progress | None = None
        self._cost: Cost | None = None
        self._notices: tuple[str, ...] = ()
        self._bought = False
        self._reached = 0.0
        self._told: Status | None = None

    def tick(self) -> None:
        """Keep the clock running; raise ComfyUI's own interruption where the user has cancelled, which it shows as a cancel, no error."""
        comfy.model_management.throw_exception_if_processing_interrupted()
        self._show()

    def report(self, progress: Progress) -> None:
        """Take note of where the work stands."""
        is_news = self._progress is None or self._progress.phase != progress.phase
        self._bought = self._bought or progress.phase == "submitting"
        self._cost = progress.cost or self._cost
        for notice in progress.notices:
            logger.warning("Wan 2.7: %s", notice)
        self._notices += progress.notices
        self._progress = progress
        self.task_id = progress.task_id or self.task_id
        begin, end = _BAR.get(progress.phase, (0, 0))
        value = begin + (end - begin) * (progress.percent or 0.0) / 100
        if value > self._reached:
            self._reached = value
            self._bar.update_absolute(int(value))
        if (
            is_news
        ):  # the rest waits for the next tick: a download reports hundreds of times a second
            self._show()

    def done(self, task_id: str, phase: str = DONE) -> None:
        """The outputs are ready, or with the phase `SUBMITTED` the task id alone."""
        self._bar.update_absolute(100)
        self.task_id = task_id
        self._tell(
            Status(phase, self._host_title, price=price_text(self._cost), bought=self._bought)
        )

    def _show(self) -> None:
        if self._progress is not None:
            self._tell(
                status_of(
                    self._progress,
                    self._host_title,
                    time.time(),
                    cost=self._cost,
                    bought=self._bought,
                )
            )

    def _tell(self, status: Status) -> None:
        status = replace(status, task_id=self.task_id, notices=self._notices)
        if status == self._told:
            return
        self._told = status
        node_status(self._place, status)
        if not shows_status(PromptServer.instance.client_id):
            PromptServer.instance.send_progress_text(status_text(status), self._place.node_id)
