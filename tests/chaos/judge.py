"""Whether a request was bought once and is not lost.

A second task needs a person who gave the first one up. The evidence: the host's tasks, the journal,
the disk, and the messages of the Runs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.simulator import ScriptedSimulator
from wan27.errors import JournalFailed
from wan27.journal import sidecar

from .child import Child
from .person import ASKS, decide, given_up, tasks_of
from .tally import Tally
from .user import Outcome, Request, run

_MOST_RUNS = 4


def finish(request: Request, host: ScriptedSimulator) -> list[Outcome]:
    """Run the request until its video arrives, each time in a fresh process.

    Where a person must decide, a second Run must ask the same and buy nothing; then the person
    decides. It stops after four Runs, or at any other error.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < _MOST_RUNS and (not outcomes or outcomes[-1].error in ASKS):
        outcomes.append(Child(run, request).end() or Outcome(error="killed"))
        if len(outcomes) > 1 and outcomes[-1].error in ASKS:
            decide(request, host)
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
    a killed one. Each task beyond the first needs a person who gave one up, and so does each task
    that the journal does not know.
    """
    tasks = set(tasks_of(request, host))
    allowed = given_up(request)
    tally.cases += 1
    tally.bought += len(tasks)
    tally.reported += sum(each.error in ASKS for each in outcomes)
    tally.twice += max(0, len(tasks) - 1 - allowed)
    unknown = tasks - {entry.task_id for entry in request.journal.recent(1000)}
    tally.lost += max(0, len(unknown) - allowed)
    name = f"{request.prompt}{what and ', '}{what}"
    if not (outcomes and outcomes[-1].task_id in tasks):
        tally.lost += 1
        tally.wrong.append(f"{name}: ended with {outcomes[-1] if outcomes else 'nothing'}")
    elif (request.videos / f"{outcomes[-1].task_id}.mp4").read_bytes() != video:
        tally.wrong.append(f"{name}: the file differs from the host's")
    elif not _has_sidecar(request, outcomes[-1].task_id):
        tally.wrong.append(f"{name}: no sidecar beside the video says whose it is")
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


def _has_sidecar(request: Request, task_id: str) -> bool:
    found = sidecar.read(request.videos / f"{task_id}.mp4")
    return found is not None and found.task_id == task_id


def _left_over(request: Request) -> list[str]:
    expected = {".mp4", ".json", ".part"}
    files = request.videos.glob("*")
    problems = [f"{file.name} was left" for file in files if file.suffix not in expected]
    try:
        request.journal.check()
    except JournalFailed as error:
        problems.append(str(error))
    return problems
