"""The journal against a model of it, in any order of calls, by two connections to one file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from wan27.journal.entry import NewEntry
from wan27.journal.journal import AlreadyOpenError, Journal
from wan27.journal.states import TRANSITIONS, State

OPEN = {State.SUBMITTING, State.RUNNING, State.FINISHED}
REQUESTS = st.sampled_from("abc")


def key(entry):
    """A lasting key of an entry: SQLite uses an id again after its row was deleted."""
    return entry.id, entry.created


class Journals(RuleBasedStateMachine):
    """The model is a dictionary: the state and the task id that each entry must have."""

    entries = Bundle("entries")

    @initialize()
    def begin_file(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wan27-")
        self.journals = [Journal(Path(self.folder.name) / "journal.sqlite3") for _ in range(2)]
        self.known = {}
        self.asked = 1e12  # a Run later than every lost response

    def teardown(self):
        self.folder.cleanup()

    def move(self, entry, to, act, **changes):
        """Make the move, and expect it exactly where the table allows it."""
        state, task_id = self.known[key(entry)][1:]
        if to in TRANSITIONS[state]:
            self.known[key(entry)] = (entry.fingerprint, to, changes.get("task_id", task_id))
        assert self.known[key(entry)] == (entry.fingerprint, (after := act()).state, after.task_id)

    @rule(target=entries, request=REQUESTS, journal=st.integers(0, 1))
    def begin(self, request, journal):
        is_open = any(
            fingerprint == request and state in OPEN
            for fingerprint, state, _ in self.known.values()
        )
        try:
            entry = self.journals[journal].begin(
                NewEntry(fingerprint=request, host="h", account="a", asked=self.asked)
            )
        except AlreadyOpenError:
            assert is_open
            return multiple()
        assert not is_open
        for number in [
            n
            for n, (f, state, task) in self.known.items()
            if (f, state, task) == (request, State.FAILED, None)
        ]:
            del self.known[number]  # a refused request leaves no row when it is tried again
        self.known[key(entry)] = (request, State.SUBMITTING, None)
        return entry

    @rule(entry=entries, journal=st.integers(0, 1))
    def submitted(self, entry, journal):
        if key(entry) in self.known:
            task_id = f"task {entry.id} of {entry.created}"
            self.move(
                entry,
                State.RUNNING,
                lambda: self.journals[journal].submitted(entry, task_id),
                task_id=task_id,
            )

    @rule(entry=entries, journal=st.integers(0, 1))
    def finished(self, entry, journal):
        if key(entry) in self.known:
            self.move(
                entry, State.FINISHED, lambda: self.journals[journal].finished(entry, Path("v.mp4"))
            )

    @rule(entry=entries, journal=st.integers(0, 1))
    def failed(self, entry, journal):
        if key(entry) in self.known:
            self.move(entry, State.FAILED, lambda: self.journals[journal].failed(entry, "no"))

    @rule(entry=entries, journal=st.integers(0, 1))
    def uncertain(self, entry, journal):
        if key(entry) in self.known:
            self.move(entry, State.UNCERTAIN, lambda: self.journals[journal].uncertain(entry))

    @rule(entry=entries, journal=st.integers(0, 1))
    def release(self, entry, journal):
        self.journals[journal].release(entry)

    @rule(entry=consumes(entries), journal=st.integers(0, 1))
    def forget(self, entry, journal):
        self.journals[journal].forget(entry)
        if key(entry) in self.known and self.known[key(entry)][1] not in {
            State.SUBMITTING,
            State.RUNNING,
        }:
            del self.known[key(entry)]

    @rule(journal=st.integers(0, 1))
    def prune(self, journal):
        self.journals[journal].prune(1e12)
        self.known = {
            n: row for n, row in self.known.items() if row[1] in {State.SUBMITTING, State.RUNNING}
        }

    @rule()
    def open_again(self):
        self.journals[0] = Journal(Path(self.folder.name) / "journal.sqlite3")
        self.journals[0].check()

    @rule(request=REQUESTS, journal=st.integers(0, 1))
    def find(self, request, journal):
        open_ = [
            state
            for fingerprint, state, _ in self.known.values()
            if fingerprint == request and state in OPEN
        ]
        found = self.journals[journal].find(request, self.asked)
        assert open_ == ([] if found is None else [found.state])

    @invariant()
    def the_file_equals_the_model(self):
        assert self.known == {
            key(entry): (entry.fingerprint, entry.state, entry.task_id)
            for entry in self.journals[1].recent(1000)
        }


Journals.TestCase.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestJournals = Journals.TestCase
TestJournals.__doc__ = (
    "No order of calls opens a request twice, loses a task id, or moves outside the table."
)
