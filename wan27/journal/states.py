"""The states of a journal entry: their changes, their groups and what a user may do.

    submitting ──> running ──> finished   recorded before the request is sent · the host named
        │             │                   a task · the video is on disk
        │             ├──────> failed     the host said that the task failed
        │             └──────> lost       paid, and the host no longer gives the video
        ├──────────> failed               the host refused, or nothing was sent
        └──────────> uncertain            sent, but no response came

    uncertain, lost, running ──> abandoned          by a person only
    any ──> running, finished                       late good news always wins
    running, finished ──> uncertain                 by a person: the attached id is not its task

A request is *open* while an entry of it may have been paid for: it is not sent again. Uncertain and
lost entries stay open until a person decides. SQL, the page and the routes read the groups below;
none of them lists states itself.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a submission is."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    FINISHED = "finished"
    UNCERTAIN = "uncertain"
    LOST = "lost"
    FAILED = "failed"
    ABANDONED = "abandoned"


_GOOD_NEWS = {State.RUNNING, State.FINISHED}

TRANSITIONS = {
    State.SUBMITTING: {*_GOOD_NEWS, State.FAILED, State.UNCERTAIN},
    State.RUNNING: {*_GOOD_NEWS, State.FAILED, State.LOST, State.UNCERTAIN, State.ABANDONED},
    State.FINISHED: {*_GOOD_NEWS, State.LOST, State.UNCERTAIN},
    State.UNCERTAIN: {*_GOOD_NEWS, State.ABANDONED},
    State.LOST: {*_GOOD_NEWS, State.LOST, State.ABANDONED},
    State.FAILED: {*_GOOD_NEWS},
    State.ABANDONED: {*_GOOD_NEWS},
}

# A request with an entry in one of these is not sent again.
OPEN = (State.SUBMITTING, State.RUNNING, State.FINISHED, State.UNCERTAIN, State.LOST)
# A person must decide: the request may have been paid for and has no video.
UNDECIDED = (State.UNCERTAIN, State.LOST)
# Its task may be reading what was uploaded for it.
READS_UPLOADS = (State.SUBMITTING, State.RUNNING)
# Its task may still exist although no one waits for it: uploads stay for the life of their URLs.
MAY_READ_UPLOADS = (State.UNCERTAIN, State.LOST, State.ABANDONED)
# The details of an entry may be deleted.
FORGETTABLE = (State.FINISHED, State.FAILED, State.ABANDONED)
# A person may say which task it is.
ATTACHABLE = (State.UNCERTAIN, State.LOST, State.RUNNING)
# A person may give it up and submit again.
ABANDONABLE = (State.UNCERTAIN, State.LOST, State.RUNNING)
# The host can be asked for the video.
AT_HOST = (State.RUNNING, State.FINISHED, State.LOST)
# No Run waits for its task: good news of it is recorded before it is used.
GIVEN_UP = (State.LOST, State.FAILED, State.ABANDONED)

# The groups that a person can look at in the list of tasks.
GROUPS = {
    "running": (State.SUBMITTING, State.RUNNING),
    "undecided": UNDECIDED,
    "finished": (State.FINISHED,),
    "failed": (State.FAILED, State.ABANDONED),
}


def actions(state: State, *, has_task_id: bool, attached: bool = False) -> list[str]:
    """Return what the page may offer for an entry: routes below /wan27/tasks/, by name."""
    allowed = {
        "collect": state in AT_HOST and has_task_id,
        "attach": state in UNDECIDED,
        "abandon": state in ABANDONABLE,
        "detach": attached and State.UNCERTAIN in TRANSITIONS[state] and has_task_id,
        "forget": state in FORGETTABLE,
    }
    return [name for name, is_allowed in allowed.items() if is_allowed]
