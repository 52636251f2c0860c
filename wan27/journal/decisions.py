"""What a person must read to decide about a request that may have been paid for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ..errors import (
    InvalidSetting,
    SubmissionUncertain,
    TaskFailed,
    TaskLost,
    TaskUnknown,
    Wan27Error,
)
from .entry import Entry
from .journal import Journal
from .states import State

# How errors begin that quote an answer (api/protocols/reading.py): a task id may be in it.
_ANSWER = "The host"


class HostNames(Protocol):
    """A host as people know it; `billing` is its page of charges, "" where none is known."""

    @property
    def title(self) -> str:
        """Its name."""
        ...

    @property
    def billing(self) -> str:
        """The page that lists what it charged."""
        ...


def uncertain_error(entry: Entry, host: HostNames, reason: str = "") -> SubmissionUncertain:
    """Return what a person must read to decide about a submission without a response.

    `reason` is a sentence on a task id that was given to it and turned out not to be its task.
    """
    charge = f" {entry.cost}" if entry.cost and entry.cost.amount else ""
    page = f" ({host.billing})" if host.billing else ""
    happened = f"{host.title} did not answer after the request was sent{_when(entry)}"
    if entry.error.startswith(_ANSWER):
        happened = f"{host.title} answered the request sent{_when(entry)} without a task id"
        happened += f" ({entry.error.rstrip('.')})"
    error = SubmissionUncertain(
        f"{reason}{reason and ' '}{happened}, so you may have been charged{charge}. Check your"
        f" {host.title} account{page}: if the task is there, choose This is its task and enter its"
        " id; if not, choose Submit again. Until you decide, here or in the Wan27 tasks of the"
        " sidebar, this request is not sent again."
    )
    error.entry = entry.id, entry.created
    return error


def lost_error(entry: Entry, host: HostNames, reason: str = "") -> TaskLost:
    """Return what a person must read to decide about a paid task without a video."""
    price = "" if entry.cost is None else f" ({entry.cost})"
    page = f" ({host.billing})" if host.billing else ""
    said = f" {(reason or entry.error).rstrip('.')}." if reason or entry.error else ""
    error = TaskLost(
        f"Task {entry.task_id}, submitted to {host.title}{_when(entry)}{price}, has no video that"
        f" can be downloaded.{said} Check your account{page}: if it has the video under another id,"
        " choose This is its task and enter that id; if not, choose Submit again. Until you decide,"
        " here or in the Wan27 tasks of the sidebar, this request is not sent again."
    )
    error.entry, error.task_id = (entry.id, entry.created), entry.task_id
    return error


def _when(entry: Entry) -> str:
    """Return " at 12:31 on 2026-11-30"; "" for a request that is known by its sidecar alone."""
    if not entry.created:
        return ""
    return time.strftime(" at %H:%M on %Y-%m-%d", time.localtime(entry.created))


def second_host_error(entry: Entry, host: HostNames, now: HostNames) -> InvalidSetting:
    """Return why a request that `host` has is not sent to `now`, which no person has chosen."""
    return InvalidSetting(
        f"This video was submitted to {host.title}{_when(entry)}. WAN27_HOST is automatic and means"
        f" {now.title} now, where it would be bought a second time. Choose {host.title} (with its"
        f" key) to get the video, or {now.title} to buy it there. Nothing was sent."
    )


class NoResponse(Exception):
    """A submission was sent and got no response. `entry` is its journal entry."""

    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(reason)
        self.entry = entry


def why_no_video(error: Wan27Error, host: HostNames) -> str:
    """Return in one sentence why a task has no video."""
    title = host.title[:1].upper() + host.title[1:]
    if isinstance(error, TaskUnknown):
        return f"{title} does not know it: it was deleted there, failed, or belongs to another key."
    if isinstance(error, TaskFailed):
        return f"{title} says that it failed."
    return str(error)


def take_back(entry: Entry, journal: Journal, host: HostNames, differs: str) -> SubmissionUncertain:
    """Take back an id whose video differs from the request; return what a person must read."""
    reason = f"Task {entry.task_id} is {differs}, so it is not its video."
    return uncertain_error(journal.detach(entry, reason), host, reason)


def only_match(journal: Journal, host: str, differs: Callable[[Entry], str]) -> Entry | None:
    """Return the uncertain entry at `host` that does not differ; None where none or several fit.

    A request that is being submitted may become the second one.
    """
    waiting = [*journal.in_state(State.UNCERTAIN), *journal.in_state(State.SUBMITTING)]
    matches = [entry for entry in waiting if entry.host == host and not differs(entry)]
    is_certain = len(matches) == 1 and matches[0].state is State.UNCERTAIN
    return matches[0] if is_certain else None
