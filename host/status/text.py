"""What a node shows while it works, as data: our page says it in its user's language, and every other page gets one line in English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...wan27.api.hosts import HOSTS, SIMULATOR
from ...wan27.money import Cost

if TYPE_CHECKING:  # it needs httpx, and the page is told of a missing httpx
    from ...wan27.session import Progress

SUBMITTED, DONE = "submitted", "done"

_TITLES = {host.name: host.title for host in HOSTS} | {SIMULATOR.name: "Simulator"}

_WORDS = {
    "uploading": "preparing the media",
    "submitting": "submitting",
    "queued": "queued",
    "processing": "processing",
    "downloading": "downloading",
    "decoding": "decoding",
    "found": "found on disk, nothing was bought",
    SUBMITTED: "submitted",
    DONE: "done",
}


@dataclass(frozen=True, slots=True)
class Status:
    """Where one node's work stands.

    `phase` is one of `Progress`, "submitted" or "done"; what is unknown is None.

    `host` is its title; `price` is for people ("¥3.00"), and "" where it is free; `bought` tells
    whether this run submitted.
    """

    phase: str
    host: str
    percent: int | None = None
    elapsed_seconds: int = 0
    left_seconds: int | None = None
    price: str | None = None
    bought: bool = False
    task_id: str | None = None
    notices: tuple[str, ...] = ()


def status_of(
    progress: Progress, host: str, now: float, *, cost: Cost | None, bought: bool
) -> Status:
    """The status of work in progress; `now` in seconds since the epoch.

    Task and notices are for the caller to add.
    """
    return Status(
        phase=progress.phase,
        host=host,
        percent=round(progress.percent) if progress.percent else None,
        elapsed_seconds=max(0, int(now - progress.since)),
        left_seconds=max(1, int(progress.eta_seconds)) if progress.eta_seconds else None,
        price=price_text(cost),
        bought=bought,
    )


def price_text(cost: Cost | None) -> str | None:
    """As `Status.price`."""
    return None if cost is None else cost.price


def status_text(status: Status) -> str:
    """One line: the canvas breaks it where it must, and Nodes 2.0 shows a line break as a space."""
    percent = f" {status.percent} %" if status.percent else ""
    parts = [
        _WORDS[status.phase] + percent,
        *(_ending(status) if status.phase in {SUBMITTED, DONE} else _facts(status)),
    ]
    return " · ".join([*parts, *status.notices])


def _ending(status: Status) -> list[str]:
    return ([] if status.bought else ["nothing was bought"]) + [f"task {status.task_id}"]


def _facts(status: Status) -> list[str]:
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
    """For people: 42 s, 3 min 05 s, 1 h 02 min."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return (
        f"{minutes} min {rest:02d} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02d} min"
    )


def host_title(host_id: str) -> str:
    """For people: a host's name as the API knows it, or of an address the server that it names."""
    return _TITLES.get(host_id) or urlsplit(host_id).netloc or host_id
