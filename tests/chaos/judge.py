"""Whether a request was bought once and is not lost.

Its evidence: the host's tasks, the journal, the disk, and the messages of the Runs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path

from tests.simulator import ScriptedSimulator
from wan27.errors import JournalFailed
from wan27.journal.states import State

from .child import Child
from .tally import Tally
from .user import Outcome, Request, run

UNCERTAIN = "SubmissionUncertain"
_MOST_RUNS = 3


def finish(request: Request, allowed: Collection[str] = (UNCERTAIN,)) -> list[Outcome]:
    """Run the request until its video arrives, each time in a fresh process.

    It stops after three Runs, or at an error that is not `allowed`.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < _MOST_RUNS and (not outcomes or outcomes[-1].error in allowed):
        outcomes.append(Child(run, request).end() or Outcome(error="killed"))
    return outcomes


def judge(
    tally: Tally,
    request: Request,
    host: ScriptedSimulator,
    outcomes: list[Outcome],
    video: bytes,
    what: str = "",
    *,
    parts_may_stay: bool = False,
) -> None:
    """Add one case to the tally.

    `outcomes` are those of the Runs that were not killed; `what` names the case in messages.
    `parts_may_stay`: another process has downloaded the video, so no one deletes the part files of
    a killed one. Each task beyond the first needs an uncertain entry, which a Run has reported or
    was about to report when its process died.
    """
    tasks = {task.id for task in host.tasks if task.body["prompt"] == request.prompt}
    entries = request.journal.recent(1000)
    uncertain = sum(entry.state is State.UNCERTAIN for entry in entries)
    reported = sum(each.error == UNCERTAIN for each in outcomes)
    tally.cases += 1
    tally.bought += len(tasks)
    tally.reported += reported
    tally.twice += max(0, len(tasks) - 1 - uncertain)
    unknown = tasks - {entry.task_id for entry in entries}
    tally.lost += max(0, len(unknown) - uncertain)
    name = f"{request.prompt}{what and ', '}{what}"
    if uncertain > max(reported, _logged(request)):
        tally.wrong.append(f"{name}: an uncertain submission was closed without a report")
    if not (outcomes and outcomes[-1].task_id in tasks):
        tally.lost += 1
        tally.wrong.append(f"{name}: ended with {outcomes[-1] if outcomes else 'nothing'}")
    elif (request.videos / f"{outcomes[-1].task_id}.mp4").read_bytes() != video:
        tally.wrong.append(f"{name}: the file differs from the host's")
    parts = [*request.videos.glob("*.part")]
    if parts_may_stay:
        tally.notes["part files of a killed process, whose video another downloaded"] += len(parts)
    elif parts:
        tally.wrong.append(f"{name}: a part file was left behind")
    tally.wrong += [f"{name}: {problem}" for problem in _left_over(request)]
    thumbnails = [*request.folder.glob("state/thumbnails/*.part")]
    tally.notes["part files of thumbnails left behind (some kilobytes)"] += len(thumbnails)


def let_time_pass(folder: Path) -> None:
    """Make the part files look a day old, so that a later Run may delete them."""
    for path in folder.rglob("*.part"):
        os.utime(path, (time.time() - 86400,) * 2)


def _logged(request: Request) -> int:
    """Return how often the log, which survives a crash, reports an uncertain submission."""
    log = request.folder / "log.txt"
    return log.read_text("utf-8", "replace").count("gave no task id") if log.exists() else 0


def _left_over(request: Request) -> list[str]:
    files = request.videos.glob("*")
    problems = [f"{file.name} was left" for file in files if file.suffix not in {".mp4", ".part"}]
    try:
        request.journal.check()
    except JournalFailed as error:
        problems.append(str(error))
    return problems
