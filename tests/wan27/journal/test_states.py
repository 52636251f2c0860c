"""The journal against a model of it, in any order of calls, by two connections to one file."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from wan27.errors import DecisionRefused, JournalFailed
from wan27.journal import states
from wan27.journal.changes import AlreadyOpenError, VideoFile
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.states import TRANSITIONS, State, actions

GOOD = {State.RUNNING, State.FINISHED}
PERSON_DECIDES = {State.UNCERTAIN, State.LOST}
BLOCKING = {State.SUBMITTING, *GOOD, *PERSON_DECIDES}
FILE = VideoFile(PurePosixPath("wan27/v.mp4"), 9, "0" * 64)
REQUESTS = st.sampled_from("abc")
TASKS = st.sampled_from(["t1", "t2", "t3"])
JOURNALS = st.integers(0, 1)


def test_good_news_leads_out_of_every_state():
    """A paid task that turns up is recorded, whatever was believed of it before."""
    assert dict.fromkeys(State, GOOD) == {state: TRANSITIONS[state] & GOOD for state in State}


def test_only_a_person_closes_what_may_have_been_paid_for():
    """Uncertain and lost lead to good news or to a person's decision, never to a refusal."""
    assert PERSON_DECIDES == set(states.UNDECIDED)
    for state in PERSON_DECIDES:
        assert TRANSITIONS[state] - GOOD - {state} == {State.ABANDONED}


def test_open_and_closed_states_are_all_states():
    """A request is free to be sent only after a refusal, a free failure or a person's decision."""
    assert (BLOCKING, {State.FAILED, State.ABANDONED}) == (
        set(states.OPEN),
        set(State) - set(states.OPEN),
    )


def test_every_state_has_a_way_out():
    """From each, a person or a Run can get to a video or to another submission."""
    for state in set(State) - {State.SUBMITTING}:  # which a free lock turns into uncertain
        assert actions(state, has_task_id=True), state
    assert {"attach", "abandon"} <= set(actions(State.UNCERTAIN, has_task_id=False))
    assert {"attach", "abandon", "collect"} <= set(actions(State.LOST, has_task_id=True))
    assert "detach" in actions(State.RUNNING, has_task_id=True, attached=True)


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.UNCERTAIN, State.LOST])
def test_what_is_not_over_cannot_be_forgotten(state):
    """Its entry is all that keeps it from being bought again."""
    assert state not in states.FORGETTABLE
    assert "forget" not in actions(state, has_task_id=True)


@dataclass(frozen=True)
class Row:
    """What the model knows of an entry."""

    request: str | None
    state: State
    task: str | None = None
    attached: bool = False
    forgotten: bool = False


class Journals(RuleBasedStateMachine):
    """The model is a dictionary from ids to rows; a request is open while one of its rows is."""

    entries = Bundle("entries")

    @initialize()
    def begin_file(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wan27-")
        self.journals = [Journal(Path(self.folder.name) / "journal.sqlite3") for _ in range(2)]
        self.known = {}

    def teardown(self):
        self.folder.cleanup()

    def is_open(self, request):
        return any(row.request == request and row.state in BLOCKING for row in self.known.values())

    def change(self, entry, **changed):
        self.known[entry.id] = dataclasses.replace(self.known[entry.id], **changed)

    def owner_of(self, task):
        return next((number for number, row in self.known.items() if row.task == task), None)

    def move(self, entry, target, act, **changed):
        """Expect the move where the table allows it, and a visible error where it does not."""
        row = self.known.get(entry.id)
        if row is None or (target is not row.state and target not in TRANSITIONS[row.state]):
            with pytest.raises(JournalFailed):
                act()
            return
        act()
        self.change(entry, state=target, **changed)

    def give(self, entry, task, act, **changed):
        """Expect the task to be the entry's now; an entry that had it without a request is gone."""
        other = self.owner_of(task)
        if other not in (None, entry.id) and self.known[other].request is not None:
            with pytest.raises(DecisionRefused):
                act()
            return False
        merged = None if other in (None, entry.id) else self.known.pop(other)
        act()
        before = self.known[entry.id].state if merged is None else merged.state
        target = State.FINISHED if before is State.FINISHED else State.RUNNING
        self.change(entry, state=target, task=task, **changed)
        return True

    @rule(target=entries, request=REQUESTS, journal=JOURNALS)
    def begin(self, request, journal):
        was_open = self.is_open(request)
        try:
            entry = self.journals[journal].begin(NewEntry(fingerprint=request, host="h"))
        except AlreadyOpenError:
            assert was_open
            return multiple()
        assert not was_open
        refused = Row(request, State.FAILED)
        self.known = {number: row for number, row in self.known.items() if row != refused}
        self.known[entry.id] = Row(request, State.SUBMITTING)
        return entry

    @rule(entry=entries, journal=JOURNALS, task=TASKS)
    def submitted(self, entry, journal, task):
        """Record a response, however late it comes: after a loss, a failure or an end by hand."""
        row = self.known.get(entry.id)
        if row is not None and row.task in (None, task):
            self.give(entry, task, lambda: self.journals[journal].submitted(entry, task))

    @rule(entry=entries, journal=JOURNALS)
    def finished(self, entry, journal):
        row = self.known.get(entry.id)
        if row is None or row.task is not None:
            self.move(entry, State.FINISHED, lambda: self.journals[journal].finished(entry, FILE))

    @rule(entry=entries, journal=JOURNALS)
    def failed(self, entry, journal):
        self.move(entry, State.FAILED, lambda: self.journals[journal].failed(entry, "no"))

    @rule(entry=entries, journal=JOURNALS)
    def lost(self, entry, journal):
        row = self.known.get(entry.id)
        if row is None or row.task is not None:
            self.move(entry, State.LOST, lambda: self.journals[journal].lost(entry, "gone"))

    @rule(entry=entries, journal=JOURNALS)
    def uncertain(self, entry, journal):
        """No response came; where one did after all, that stays."""
        row = self.known.get(entry.id)
        if row is None:
            with pytest.raises(JournalFailed):
                self.journals[journal].uncertain(entry, "no response")
            return
        self.journals[journal].uncertain(entry, "no response")
        if row.state is State.SUBMITTING:
            self.change(entry, state=State.UNCERTAIN)

    @rule(entry=entries, journal=JOURNALS)
    def settle(self, entry, journal):
        """No one holds the lock of a request here: its sender is gone."""
        self.journals[journal].settle(entry)
        row = self.known.get(entry.id)
        if row is not None and row.state is State.SUBMITTING:
            self.change(entry, state=State.UNCERTAIN)

    @rule(entry=entries, journal=JOURNALS, task=TASKS)
    def attach(self, entry, journal, task):
        def act():
            self.journals[journal].attach(entry, task)

        row = self.known.get(entry.id)
        if row is None:
            with pytest.raises(JournalFailed):
                act()
        elif row.state not in {*PERSON_DECIDES, State.RUNNING}:
            with pytest.raises(DecisionRefused):
                act()
        elif self.give(entry, task, act, attached=True) and row.task not in (None, task):
            self.adopt_orphan(row)

    @rule(entry=entries, journal=JOURNALS)
    def detach(self, entry, journal):
        row = self.known.get(entry.id)
        if row is None or row.state is State.LOST:
            return
        if not row.attached:
            with pytest.raises(DecisionRefused):
                self.journals[journal].detach(entry)
            return
        if State.UNCERTAIN not in TRANSITIONS[row.state]:
            with pytest.raises(JournalFailed):
                self.journals[journal].detach(entry)
            return
        self.journals[journal].detach(entry)
        self.change(entry, state=State.UNCERTAIN, task=None, attached=False)
        self.adopt_orphan(row)

    def adopt_orphan(self, row):
        """A task that was taken from a request stays known under its id alone."""
        orphan = self.journals[0].find_task("h", row.task)
        assert orphan is not None
        self.known[orphan.id] = Row(None, row.state, row.task)

    @rule(entry=entries, journal=JOURNALS)
    def abandon(self, entry, journal):
        row = self.known.get(entry.id)
        if row is None or row.state in {*PERSON_DECIDES, State.RUNNING}:
            self.move(entry, State.ABANDONED, lambda: self.journals[journal].abandon(entry))
            return
        with pytest.raises(DecisionRefused):
            self.journals[journal].abandon(entry)

    @rule(target=entries, task=TASKS, journal=JOURNALS)
    def adopt(self, task, journal):
        """Task Poll collects an id: a new entry only where the journal does not know it."""
        known = self.owner_of(task)
        entry = self.journals[journal].adopt(host="h", task_id=task)
        if known is None:
            self.known[entry.id] = Row(None, State.RUNNING, task)
        else:
            assert known == entry.id
        return entry

    @rule(entry=entries, journal=JOURNALS)
    def forget(self, entry, journal):
        row = self.known.get(entry.id)
        if row is None:
            return
        if row.state in BLOCKING - {State.FINISHED}:
            with pytest.raises(DecisionRefused):
                self.journals[journal].forget(entry)
            return
        self.journals[journal].forget(entry)
        self.forgotten(entry.id)

    @rule(journal=JOURNALS)
    def prune(self, journal):
        self.journals[journal].prune(1e12)
        for number, row in list(self.known.items()):
            if row.state not in BLOCKING - {State.FINISHED} and not row.forgotten:
                self.forgotten(number)

    def forgotten(self, number):
        """What may have been bought stays known; what was refused goes."""
        if (self.known[number].state, self.known[number].task) == (State.FAILED, None):
            del self.known[number]
        else:
            self.known[number] = dataclasses.replace(self.known[number], forgotten=True)

    @rule()
    def open_again(self):
        self.journals[0] = Journal(Path(self.folder.name) / "journal.sqlite3")
        self.journals[0].check()

    @rule(request=REQUESTS, journal=JOURNALS)
    def find(self, request, journal):
        found = self.journals[journal].find(request)
        assert self.is_open(request) == (found is not None)
        if found is not None:
            assert (request, True) == (found.fingerprint, found.state in BLOCKING)

    @invariant()
    def the_file_equals_the_model(self):
        with self.journals[1]._database.transaction() as table:
            entries = table.select()
        assert self.known == {
            entry.id: Row(
                entry.fingerprint, entry.state, entry.task_id, entry.attached, entry.forgotten
            )
            for entry in entries
        }

    @invariant()
    def a_task_has_one_entry(self):
        tasks = [row.task for row in self.known.values() if row.task]
        assert len(tasks) == len(set(tasks))


Journals.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestJournals = Journals.TestCase
TestJournals.__doc__ = (
    "No order of calls opens a request twice, loses a task id, or moves outside the table."
)
