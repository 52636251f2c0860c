"""A node's status as data, and as one line of English for a page that does not show the data."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ...wan27.api.hosts import HOSTS, SIMULATOR
from ...wan27.money import Cost
from ...wan27.session import Phase, Progress

_TITLES = {host.name: host.title for host in HOSTS} | {SIMULATOR.name: "Simulator"}

_PHASES = {
    Phase.UPLOADING: "preparing the media",
    Phase.SUBMITTING: "submitting",
    Phase.LOOKING_UP: "looking up the task",
    Phase.QUEUED: "queued",
    Phase.PROCESSING: "processing",
    Phase.NO_ANSWER: "no answer, asking again",
    Phase.DOWNLOADING: "downloading",
    Phase.DECODING: "decoding",
    Phase.FOUND: "found on disk, nothing was bought",
    Phase.SUBMITTED: "submitted",
    Phase.DONE: "done",
}
_ENDS = {Phase.SUBMITTED, Phase.DONE}


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one node; a field is None while its value is unknown.

    `host` is a title; `price` is text such as "¥3.00", or "" for free; `bought` is True if this run
    sent the request.
    """

    phase: Phase
    host: str
    percent: int | None = None
    elapsed_seconds: int = 0
    left_seconds: int | None = None
    price: str | None = None
    bought: bool = False
    task_id: str | None = None
    notices: tuple[str, ...] = ()


def status_of(progress: Progress, host: str, now: float, cost: Cost | None) -> Status:
    """Return the status of one report, `now` in seconds since the epoch.

    The caller adds what earlier reports said: `task_id`, `bought` and `notices`.
    """
    return Status(
        phase=progress.phase,
        host=host,
        percent=round(progress.percent) if progress.percent else None,
        elapsed_seconds=max(0, int(now - progress.since)),
        left_seconds=_left(progress.ends, now),
        price=None if cost is None else cost.price,
    )


def _left(ends: float | None, now: float) -> int | None:
    """Return the whole seconds until then; None where that is not known or has passed."""
    return max(int(ends - now), 0) or None if ends else None


def status_text(status: Status) -> str:
    """Return one line: the canvas wraps it, and Nodes 2.0 shows a line break as a space."""
    percent = f" {status.percent} %" if status.percent else ""
    details = _result(status) if status.phase in _ENDS else _details(status)
    return " · ".join([_PHASES[status.phase] + percent, *details, *status.notices])


def _result(status: Status) -> list[str]:
    return ([] if status.bought else ["nothing was bought"]) + [f"task {status.task_id}"]


def _details(status: Status) -> list[str]:
    parts = [duration_text(status.elapsed_seconds)] if status.elapsed_seconds else []
    if status.left_seconds:
        parts.append(f"about {duration_text(status.left_seconds)} left")
    parts.append(status.host)
    if status.price is not None:
        parts.append(f"about {status.price}" if status.price else "free")
    elif status.bought:
        parts.append("price unknown")
    return parts


def duration_text(seconds: int) -> str:
    """Return a duration such as "42 s", "3 min 05 s" or "1 h 02 min"."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds // 60 % 60:02d} min"


def host_title(host_id: str) -> str:
    """Return the title of a host; for an API address of the user's own, its server."""
    return _TITLES.get(host_id) or urlsplit(host_id).netloc or host_id
