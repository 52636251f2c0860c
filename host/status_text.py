"""The words that a node shows while it works. Pure, so that they can be tested without ComfyUI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..wan27.api.hosts import HOSTS, SIMULATOR

if TYPE_CHECKING:
    from ..wan27.session import Progress

_TITLES = {host.name: host.title for host in HOSTS} | {SIMULATOR.name: "Simulator"}

_WORDS = {
    "uploading": "preparing the media",
    "submitting": "submitting",
    "queued": "queued",
    "processing": "processing",
    "downloading": "downloading",
    "decoding": "decoding",
    "found": "found on disk, nothing was bought",
}


def status_text(progress: Progress, price: str, now: float) -> str:
    """What happens now, with percent, time gone and time left where they are known; then where, and at what price.

    One line: the canvas breaks it where it must, and Nodes 2.0 shows a line break as a space.
    """
    parts = [_WORDS[progress.phase]]
    if progress.percent:
        parts[0] += f" {progress.percent:.0f} %"
    elapsed = int(now - progress.since)
    if elapsed > 0:
        parts.append(duration_text(elapsed))
    if progress.eta_seconds:
        parts.append(f"about {duration_text(int(progress.eta_seconds) or 1)} left")
    return " · ".join([*parts, price])


def duration_text(seconds: int) -> str:
    """For people: 42 s, 3 min 05 s, 1 h 02 min."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def host_title(identity: str) -> str:
    """For people: a host's name as the API knows it, or of an address the server that it names."""
    return _TITLES.get(identity) or urlsplit(identity).netloc or identity
