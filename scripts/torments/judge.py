"""Whether a request was bought once and is not lost: judged by the host's tasks, the record, the disk, and what its Runs said."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from wan27.entry import State
from wan27.errors import JournalFailed
from wan27.simulator import Simulator

from .child import Child
from .tally import Tally
from .user import Request, Said, run

UNCERTAIN = "SubmissionUncertain"
_MOST_RUNS = 3


def finish(request: Request, allowed: Iterable[str] = (UNCERTAIN,)) -> list[Said]:
    """Run the request again, each time in a fresh process, until it has its video; at most three times, or until it says what it may not."""
    said: list[Said] = []
    while len(said) < _MOST_RUNS and (not said or said[-1].error in set(allowed)):
        said.append(Child(run, request).end() or Said(error="killed"))
    return said


def judge(
    tally: Tally, request: Request, host: Simulator, said: list[Said], video: bytes, what: str = "", *, parts_may_stay: bool = False
) -> None:
    """Count one case in. `said` is how each Run ended that was left alive; `what` names the case where a promise is broken.

    `parts_may_stay`: another process has fetched the video, so nobody comes by to sweep up what a killed one left. A task more than one needs an entry that is uncertain, for which a person was told, or was about to be when the process died.
    """
    tasks = {task.id for task in host.tasks if task.body["prompt"] == request.prompt}
    entries = request.journal.recent(1000)
    unheard = sum(entry.state is State.UNCERTAIN for entry in entries)
    told = sum(each.error == UNCERTAIN for each in said)
    tally.cases += 1
    tally.bought += len(tasks)
    tally.told += told
    tally.twice += max(0, len(tasks) - 1 - unheard)
    unknown = tasks - {entry.task_id for entry in entries}
    tally.lost += max(0, len(unknown) - unheard)
    name = f"{request.prompt}{what and ', '}{what}"
    if unheard > max(told, _logged(request)):
        tally.wrong.append(f"{name}: a submission that nobody heard was closed, and nobody was told")
    if not (said and said[-1].task_id in tasks):
        tally.lost += 1
        tally.wrong.append(f"{name}: ended with {said[-1] if said else 'nothing'}")
    elif (request.videos / f"{said[-1].task_id}.mp4").read_bytes() != video:
        tally.wrong.append(f"{name}: the file is not what the host sent")
    parts = [*request.videos.glob("*.part")]
    if parts_may_stay:
        tally.notes["half a video left behind by a killed process, where another had fetched it"] += len(parts)
    elif parts:
        tally.wrong.append(f"{name}: half a video was left behind")
    tally.wrong += [f"{name}: {problem}" for problem in _left_over(request)]
    tally.notes["half a small copy of a picture left behind (some kilobytes)"] += len([*request.folder.glob("state/pictures/*.part")])


def let_time_pass(folder: Path) -> None:
    """Make what was left behind look a day old: a later Run may sweep it."""
    for path in folder.rglob("*.part"):
        os.utime(path, (time.time() - 86400,) * 2)


def _logged(request: Request) -> int:
    """How often the sentence that an answer was not heard is in their log, which outlives a crash."""
    log = request.folder / "log.txt"
    return log.read_text("utf-8", "replace").count("no task id came back") if log.exists() else 0


def _left_over(request: Request) -> list[str]:
    problems = [f"{path.name} was left behind" for path in request.videos.glob("*") if path.suffix not in {".mp4", ".part"}]
    try:
        request.journal.check()
    except JournalFailed as error:
        problems.append(str(error))
    return problems
