"""Killed before the N-th line of the paid path, for many N or for every one; and run again until it has its video."""

from __future__ import annotations

from pathlib import Path

from wan27.simulator import Simulator

from .child import Child
from .judge import finish, judge, let_time_pass
from .lines import Lines
from .tally import Tally
from .trial import Trial
from .user import Request, Said, run

# By the time that these run, the task's id is on the disk.
_AFTERWARDS = {"watch.py", "download.py", "part.py", "ranges.py"}


def kill_at_line(trial: Trial, times: int | None = None) -> list[Tally]:
    """Short: some lines, evenly and at random; long: every line of a whole Run."""
    tally = Tally("killed before a line of the paid path")
    with trial.host(working_seconds=0.02) as host:
        lines = Child(_count, _request(trial, host, 0)).end()
        if not lines:
            raise RuntimeError("The run that counts the lines had none.")
        for number in _chosen(trial, lines, times or trial.times(40, lines)):
            request = _request(trial, host, number)
            place = request.folder / "place"
            killed = Child(_until, request, number, place).end()
            let_time_pass(request.folder)
            said = [killed] if killed else finish(request)
            where = place.read_text() if place.exists() else "not killed"
            judge(tally, request, host, said, trial.video.read_bytes(), where)
            if place.exists() and Path(where.partition(":")[0]).name in _AFTERWARDS and any(each.error for each in said):
                tally.wrong.append(f"line {number}, {where}: the id was heard, and not known to the next Run")
            tally.notes["the Run ended before its line came"] += killed is not None
    tally.notes["lines in a whole Run"] += lines
    return [tally]


def _chosen(trial: Trial, lines: int, times: int) -> list[int]:
    if times >= lines:
        return list(range(1, lines + 1))
    evenly = range(1, lines + 1, -(-lines // (times // 2 or 1)))
    return sorted({*evenly, *trial.chance.sample(range(1, lines + 1), times - len(evenly))})


def _request(trial: Trial, host: Simulator, number: int) -> Request:
    return Request(host.base_url, trial.key, trial.folder / f"line {number}", f"line {number}")


def _count(request: Request) -> int:
    lines = Lines()
    run(request)
    return lines.stop()


def _until(request: Request, last: int, place: Path) -> Said:
    request.folder.mkdir(parents=True)
    lines = Lines(last, place)
    said = run(request)
    lines.stop()
    return said
