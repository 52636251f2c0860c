"""The person who decides about a request that may have been charged, as the message asks for.

A task that the account has and the journal does not know is this request's task; without one, the
request is given up, and the next Run submits it again. Nothing else may submit a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tests.simulator import ScriptedSimulator
from wan27.journal.states import UNDECIDED, State

from .user import Request

# What a Run raises, each time, until a person has decided.
UNCERTAIN, LOST = "SubmissionUncertain", "TaskLost"
ASKS = (UNCERTAIN, LOST)


def decide(request: Request, host: ScriptedSimulator) -> None:
    """Decide about every request of this journal that waits for a decision."""
    journal = request.journal
    for state in UNDECIDED:
        for entry in journal.in_state(state):
            known = [each.task_id for each in journal.recent(1000)]
            found = unknown_task(tasks_of(request, host), known)
            if found:
                journal.attach(entry, found)
            else:
                journal.abandon(entry)


def unknown_task(in_account: Iterable[str], known: Collection[str | None]) -> str | None:
    """Return the first task of the account that the journal does not know, or None."""
    return next((task for task in in_account if task not in known), None)


def tasks_of(request: Request, host: ScriptedSimulator) -> list[str]:
    """Return the ids of the host's tasks of one request."""
    return [task.id for task in host.tasks if task.body["prompt"] == request.prompt]


def given_up(request: Request) -> int:
    """Return how often a person gave this request up: as often it may be bought once more."""
    return sum(entry.state is State.ABANDONED for entry in request.journal.recent(1000))
