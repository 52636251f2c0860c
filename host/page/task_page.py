"""One page of the list of tasks, as the page shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ...wan27.api.hosts import Host
from ...wan27.journal.entry import Entry
from ...wan27.journal.states import State, actions
from ...wan27.money import Spent
from ..status.following import reports_of
from ..status.text import host_title

if TYPE_CHECKING:  # Python may have no SQLite
    from ...wan27.journal.journal import Journal
    from ...wan27.journal.listing import Query

_THUMBNAILS = "/wan27/pictures/"
# The node that makes each kind of video.
_NODES = {
    "first_frame": "Wan27ImageToVideo",
    "first_last_frame": "Wan27FirstLastFrame",
    "continuation": "Wan27Continuation",
}
_SETTINGS = (
    *("prompt", "negative_prompt", "resolution", "duration", "seed"),
    *("prompt_extend", "watermark"),
)


def task_page(
    journal: Journal,
    output: Path,
    count: int,
    before: int | None,
    now: float,
    query: Query | None = None,
    problem: Callable[[Entry], str] = lambda _: "",
    host_of: Callable[[str], Host | None] = lambda _: None,
) -> dict[str, Any]:
    """Return the newest `count` tasks older than `before` that match, and what their days cost.

    `more` is True if there are older tasks; `now` is in seconds since the epoch. `running` is how
    many tasks are at a host now, whether they match or not. `totals` has the days and months of
    these tasks and of `today`. `damage` is the message of a damaged journal that no one has
    acknowledged. `problem` says why a running task is not followed, `host_of` which host it is at.
    """
    _settle_dead(journal)
    found = journal.recent(count + 1, before, query)
    entries = found[:count]
    return {
        "tasks": [
            task_payload(entry, output, host_of(entry.host)) | {"problem": problem(entry)}
            for entry in entries
        ],
        "more": len(found) > count,
        "running": len(journal.in_state(State.RUNNING)),
        "today": _day(now),
        "totals": _totals(journal, entries, now),
        "damage": journal.damage(),
    }


def _settle_dead(journal: Journal) -> None:
    """Turn submissions whose sender is gone into uncertain ones, so that a person can decide."""
    for entry in journal.in_state(State.SUBMITTING):
        journal.settle(entry)


def _totals(journal: Journal, entries: Sequence[Entry], now: float) -> dict[str, Any]:
    """Return the cost of each day and month of these entries, and of today."""
    today = _day(now)
    days = {today, *(day for entry in entries if (day := _day(entry.created)))}
    months = {day[:7] for day in days}
    totals = {name: Spent() for name in (*days, *months)}
    others = sorted(months - {today[:7]})
    by_day: dict[str, Spent] = {}
    for first, last in [(today[:7], today[:7]), *([(others[0], others[-1])] if others else [])]:
        by_day |= journal.spent_by_day(_begin(first), _begin(last, months=1))
    for day, spent in by_day.items():
        for name in {day, day[:7]} & totals.keys():
            totals[name] = totals[name].plus(spent)
    return {
        name: {"amounts": spent.amounts, "seconds": spent.seconds} for name, spent in totals.items()
    }


def _day(moment: float) -> str:
    """Return the local day of a time in epoch seconds, "2026-11-30"; "" where it is unknown."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(moment)) if moment else ""
    except (OverflowError, ValueError, OSError):
        return ""


def _begin(month: str, months: int = 0) -> float:
    """Return when that month, or one some months later, begins: epoch seconds."""
    year, number = (int(part) for part in month.split("-"))
    try:
        return time.mktime((year, number + months, 1, 0, 0, 0, 0, 0, -1))
    except OverflowError:  # Windows knows no time before 1970
        return 0.0


def task_payload(entry: Entry, output: Path, host: Host | None = None) -> dict[str, Any]:
    """Return one task; `host` is None where only its id is known.

    `video` is None for a file that is gone or that the page cannot play. `price` is "" where
    nothing is to pay, None where that is unknown. `actions` are the routes below /wan27/tasks/ that
    the page may offer; `billing` is the host's page of charges, or None. `node` is the kind of node
    that takes these settings, `progress` what who follows the task saw last; both may be None.
    `workflow` is True where the workflow that bought it is kept.
    """
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "state": entry.state.value,
        "host": host_title(host.name if host else entry.host),
        "billing": host.billing or None if host else None,
        "mode": entry.mode,
        "node": _NODES.get(entry.mode) if entry.parameters else None,
        **{name: entry.parameters.get(name) for name in _SETTINGS},
        "price": _price(entry),
        "created": entry.created,
        "day": _day(entry.created) or None,
        "updated": entry.updated,
        "progress": _progress(entry),
        "error": entry.error,
        "thumbnail": f"{_THUMBNAILS}{entry.thumbnail}" if entry.thumbnail else None,
        "workflow": bool(entry.workflow),
        "video": _video(entry.path, output),
        "path": None if entry.path is None else str(output / entry.path),
        "actions": actions_of(entry),
    }


def _price(entry: Entry) -> str | None:
    """Return the estimate; a task that failed has none, but perhaps nothing is to pay."""
    if entry.was_refused:
        return ""
    if entry.cost is None or (entry.state is State.FAILED and entry.cost.amount):
        return None
    return entry.cost.price


def _progress(entry: Entry) -> dict[str, Any] | None:
    if entry.state is not State.RUNNING:
        return None
    report = next(iter(reports_of(entry.host, entry.task_id)), None)
    if report is None:
        return None
    percent = round(report.percent) if report.percent else None
    return {"phase": report.phase.value, "percent": percent}


def actions_of(entry: Entry) -> list[str]:
    """Return what the page may offer for an entry."""
    has_task_id = entry.task_id is not None
    return actions(entry.state, has_task_id=has_task_id, attached=entry.attached)


def _video(path: PurePosixPath | None, output: Path) -> dict[str, str] | None:
    """Return the parameters of ComfyUI's /view for a file of its output folder."""
    if path is None or not (output / path).is_file():
        return None
    subfolder = path.parent.as_posix()
    return {
        "filename": path.name,
        "subfolder": "" if subfolder == "." else subfolder,
        "type": "output",
    }
