"""A Run is cancelled in every phase: it ends at once, and the next Run collects its task.

While a submission is in flight, the Run waits for the host's response.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.simulator import Fault

from .judge import finish, judge
from .user import run_here

pytestmark = pytest.mark.chaos

LONG_SECONDS = 600.0
RESPONSE_SECONDS = 1.0
INTO_SECONDS = 0.1  # after the phase has begun
# `make bench` measures the promised quarter of a second. On a busy machine, this much shows that
# the Run waits for nothing.
MOST_SECONDS = 0.9
PHASES = {
    "uploading": {},
    "submitting": {"faults": [Fault(on="submit", do="stall", seconds=RESPONSE_SECONDS)]},
    "queued": {"queued_seconds": LONG_SECONDS},
    "processing": {"working_seconds": LONG_SECONDS},
    "downloading": {"faults": [Fault(on="download", do="stall", after_bytes=1000)]},
}


class Cancelled(BaseException):
    """A cancel from ComfyUI; as there, it is no Exception."""


class Canceller:
    """A tick that cancels shortly after a phase has begun, at `at` (0 before the phase)."""

    def __init__(self, phase):
        self._phase = phase
        self.at = 0.0

    def report(self, progress):
        """Note when the phase begins."""
        if progress.phase.value == self._phase and not self.at:
            self.at = time.monotonic() + INTO_SECONDS

    def tick(self):
        """Cancel when it is time."""
        if self.at and time.monotonic() >= self.at:
            raise Cancelled


@pytest.mark.cases(few=1, short=1, long=20)
@pytest.mark.parametrize("phase", PHASES)
def test_a_cancelled_run_ends_at_once_and_its_task_is_collected(number, phase, trial, tally, s3):
    """Nothing is bought again, and the id of a submission in flight is in the journal."""
    tally.name = "cancelled in every phase"
    with trial.host() as host:
        request = trial.request(
            host, f"cancel {phase} {number}", upload="s3://media/wan27", env=s3.environment
        )
        seconds = cancelled(phase, request, trial, host, s3)
        if phase != "submitting":
            tally.notes["at most, milliseconds until it ended"] = round(1000 * seconds)
        elif not is_recorded(request):
            tally.wrong.append(f"{phase}: the id was not recorded")
        if seconds > MOST_SECONDS + (RESPONSE_SECONDS if phase == "submitting" else 0):
            tally.wrong.append(f"{phase}: continued for {seconds:.2f} s")
        recover(trial, host, s3)
        judge(tally, request, host, finish(request, host), trial.video.read_bytes())
    assert [] == tally.broken


def cancelled(phase, request, trial, host, s3):
    """Run, cancel in that phase, and return the seconds until the Run ended."""
    host.replace_script(trial.script(**PHASES[phase]))
    s3.script = lambda seen: 2.0 if phase == "uploading" and seen.method == "PUT" else None
    canceller = Canceller(phase)
    try:
        outcome = asyncio.run(run_here(request, canceller.tick, canceller.report))
    except Cancelled:
        return time.monotonic() - canceller.at
    pytest.fail(f"It should have been cancelled while {phase}, and ended with {outcome}.")


def is_recorded(request):
    """Return whether the journal has the task's id, after waiting for the response."""
    deadline = time.monotonic() + 3 * RESPONSE_SECONDS
    while time.monotonic() < deadline:
        if any(entry.task_id for entry in request.journal.recent(1)):
            return True
        time.sleep(0.02)
    return False


def recover(trial, host, s3):
    """End the fault, and let all tasks be done."""
    s3.script = lambda _: None
    host.replace_script(trial.script())
    for task in host.tasks:
        task.queued_seconds = task.working_seconds = 0
