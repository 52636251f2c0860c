"""The states of a journal entry: their changes, their groups and what a user may do.

    submitting ──> running ──> finished   recorded before the request is sent · the host named
        │             │                   a task · the video is on disk
        │             └──────> failed     the task failed, or the host no longer knows it
        ├──────────> failed               the host refused, or nothing was sent
        └──────────> uncertain            sent, but no response: the user saw it and may Run again

SQL, the page and the routes read the groups below; none of them lists states itself.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a submission is."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


TRANSITIONS = {
    State.SUBMITTING: {State.RUNNING, State.FAILED, State.UNCERTAIN},
    State.RUNNING: {State.FINISHED, State.FAILED},
    # The file of a finished task can be deleted: it is downloaded again, or the host no longer has
    # it.
    State.FINISHED: {State.FINISHED, State.FAILED},
    State.FAILED: set(),
    State.UNCERTAIN: set(),
}

# A request with an entry in one of these is not sent again.
OPEN = (State.SUBMITTING, State.RUNNING, State.FINISHED)
# The host may still read what was uploaded for it.
UNDER_WAY = (State.SUBMITTING, State.RUNNING)
# Nothing more happens by itself, so the entry may be deleted.
ENDED = (State.FINISHED, State.FAILED, State.UNCERTAIN)
# The host can be asked for the video.
AT_HOST = (State.RUNNING, State.FINISHED)


def actions(state: State, *, has_task_id: bool) -> list[str]:
    """Return what the page may offer for an entry: routes below /wan27/tasks/, by name."""
    collect = ["collect"] if state in AT_HOST and has_task_id else []
    return [*collect, *(["forget"] if state in ENDED else [])]


def sources(target: State) -> tuple[State, ...]:
    """Return the states from which an entry may change to `target`."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)
