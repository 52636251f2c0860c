"""The states of a journal entry, and the one table of their changes.

    submitting ──> running ──> finished   begun before the request leaves · the host named a task · the file is on disk
        │             └──────> failed     the task failed, or the host no longer knows it
        ├──────────> failed               the host refused, or nothing was ever sent
        └──────────> uncertain            sent, but no answer: the user was told, and may submit again

A request is *open* while it is submitting, running or finished.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a submission stands."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


TRANSITIONS = {
    State.SUBMITTING: {State.RUNNING, State.FAILED, State.UNCERTAIN},
    State.RUNNING: {State.FINISHED, State.FAILED},
    State.FINISHED: {
        State.FINISHED,
        State.FAILED,
    },  # its file was deleted: fetched again, or forgotten by the host
    State.FAILED: set(),
    State.UNCERTAIN: set(),
}
