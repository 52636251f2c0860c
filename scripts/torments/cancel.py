"""Cancelled in every phase: it ends at once, or with the answer where a submission is under way; the next Run collects, nothing is bought anew."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.wan27.upload.s3_server import S3Server
from wan27.session import Progress
from wan27.simulator import Fault, Simulator

from .judge import finish, judge
from .kill_at_random import cloud
from .tally import Tally
from .trial import Trial
from .user import Request, run_here

_LONG_SECONDS = 600.0
_ANSWER_SECONDS = 1.0
_INTO_SECONDS = 0.1  # so long after a phase has begun
# A quarter of a second is promised, and measured by `make bench`; on a machine that others use this is what shows that nothing is waited for.
_AT_MOST_SECONDS = 0.9
_PHASES: dict[str, dict[str, Any]] = {
    "uploading": {},
    "submitting": {"faults": [Fault(on="submit", do="stall", seconds=_ANSWER_SECONDS)]},
    "queued": {"queued_seconds": _LONG_SECONDS},
    "processing": {"working_seconds": _LONG_SECONDS},
    "downloading": {"faults": [Fault(on="download", do="stall", after_bytes=1000)]},
}


class Cancelled(BaseException):
    """What a host raises in a tick; as in ComfyUI, no Exception."""


class Canceller:
    """A tick that cancels a little after a phase has begun; `at` is when (`time.monotonic`), 0 before."""

    def __init__(self, phase: str) -> None:
        self._phase = phase
        self.at = 0.0

    def report(self, progress: Progress) -> None:
        """Hear of the phases."""
        if progress.phase == self._phase and not self.at:
            self.at = time.monotonic() + _INTO_SECONDS

    def tick(self) -> None:
        """Cancel where it is time to."""
        if self.at and time.monotonic() >= self.at:
            raise Cancelled


def cancel(trial: Trial, times: int | None = None) -> list[Tally]:
    """Every phase, some times."""
    tally, slowest = Tally("cancelled in every phase"), 0.0
    with trial.host() as host, S3Server() as s3:
        for number in range(times or trial.times(1, 20)):
            for phase in _PHASES:
                request = Request(
                    host.base_url,
                    trial.key,
                    trial.folder / f"cancel-{phase}-{number}",
                    f"cancel {phase} {number}",
                    "s3://media/wan27",
                    cloud(s3),
                )
                took = _cancelled(phase, request, trial, host, s3)
                if took > _AT_MOST_SECONDS + (_ANSWER_SECONDS if phase == "submitting" else 0):
                    tally.wrong.append(f"{phase}: went on for {took:.2f} s")
                slowest = max(slowest, 0 if phase == "submitting" else took)
                if phase == "submitting" and not _is_recorded(request):
                    tally.wrong.append(f"{phase}: the id was not recorded")
                _mend(trial, host, s3)
                judge(tally, request, host, finish(request), trial.video.read_bytes())
    tally.notes["milliseconds until the slowest had ended, submissions left out"] = round(1000 * slowest)
    return [tally]


def _cancelled(phase: str, request: Request, trial: Trial, host: Simulator, s3: S3Server) -> float:
    """Run, cancel in that phase, and return how many seconds it went on after."""
    host.replace_script(trial.script(**_PHASES[phase]))
    s3.script = lambda seen: 2.0 if phase == "uploading" and seen.method == "PUT" else None
    canceller = Canceller(phase)
    try:
        said = asyncio.run(run_here(request, canceller.tick, canceller.report))
    except Cancelled:
        return time.monotonic() - canceller.at
    raise RuntimeError(f"It was to be cancelled while {phase}, and ended with {said}.")


def _is_recorded(request: Request) -> bool:
    """Whether the id of its task is known, once its answer has had the time to come."""
    deadline = time.monotonic() + 3 * _ANSWER_SECONDS
    while not any(entry.task_id for entry in request.journal.recent(1)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return any(entry.task_id for entry in request.journal.recent(1))


def _mend(trial: Trial, host: Simulator, s3: S3Server) -> None:
    s3.script = lambda _: None
    host.replace_script(trial.script())
    for task in host.tasks:
        task.queued_seconds = task.working_seconds = 0
