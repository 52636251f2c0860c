"""The journal against a model of it, in every order of calls that hypothesis can think of, by two hands on one file."""

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
    """An entry for good: numbers are given again after a row was removed."""
    return entry.id, entry.created


class Journals(RuleBasedStateMachine):
    """The model is a dictionary: what each entry's state and task id must be."""

    entries = Bundle("entries")

    @initialize()
    def begin_file(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wan27-")
        self.hands = [Journal(Path(self.folder.name) / "journal.sqlite3") for _ in range(2)]
        self.known = {}
        self.asked = 1e12  # a Run that comes after all that was not heard

    def teardown(self):
        self.folder.cleanup()

    def move(self, entry, to, act, **changes):
        """Do it, and expect it exactly where the table allows it."""
        state, task_id = self.known[key(entry)][1:]
        if to in TRANSITIONS[state]:
            self.known[key(entry)] = (entry.fingerprint, to, changes.get("task_id", task_id))
        assert self.known[key(entry)] == (entry.fingerprint, (after := act()).state, after.task_id)

    @rule(target=entries, request=REQUESTS, hand=st.integers(0, 1))
    def begin(self, request, hand):
        is_open = any(
            fingerprint == request and state in OPEN
            for fingerprint, state, _ in self.known.values()
        )
        try:
            entry = self.hands[hand].begin(
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
            del self.known[number]  # a refusal that is tried again has nothing to remember
        self.known[key(entry)] = (request, State.SUBMITTING, None)
        return entry

    @rule(entry=entries, hand=st.integers(0, 1))
    def submitted(self, entry, hand):
        if key(entry) in self.known:
            task_id = f"task {entry.id} of {entry.created}"
            self.move(
                entry,
                State.RUNNING,
                lambda: self.hands[hand].submitted(entry, task_id),
                task_id=task_id,
            )

    @rule(entry=entries, hand=st.integers(0, 1))
    def finished(self, entry, hand):
        if key(entry) in self.known:
            self.move(
                entry, State.FINISHED, lambda: self.hands[hand].finished(entry, Path("v.mp4"))
            )

    @rule(entry=entries, hand=st.integers(0, 1))
    def failed(self, entry, hand):
        if key(entry) in self.known:
            self.move(entry, State.FAILED, lambda: self.hands[hand].failed(entry, "no"))

    @rule(entry=entries, hand=st.integers(0, 1))
    def uncertain(self, entry, hand):
        if key(entry) in self.known:
            self.move(entry, State.UNCERTAIN, lambda: self.hands[hand].uncertain(entry))

    @rule(entry=entries, hand=st.integers(0, 1))
    def release(self, entry, hand):
        self.hands[hand].release(entry)

    @rule(entry=consumes(entries), hand=st.integers(0, 1))
    def forget(self, entry, hand):
        self.hands[hand].forget(entry)
        if key(entry) in self.known and self.known[key(entry)][1] not in {
            State.SUBMITTING,
            State.RUNNING,
        }:
            del self.known[key(entry)]

    @rule(hand=st.integers(0, 1))
    def prune(self, hand):
        self.hands[hand].prune(1e12)
        self.known = {
            n: row for n, row in self.known.items() if row[1] in {State.SUBMITTING, State.RUNNING}
        }

    @rule()
    def open_anew(self):
        self.hands[0] = Journal(Path(self.folder.name) / "journal.sqlite3")
        self.hands[0].check()

    @rule(request=REQUESTS, hand=st.integers(0, 1))
    def find(self, request, hand):
        open_ = [
            state
            for fingerprint, state, _ in self.known.values()
            if fingerprint == request and state in OPEN
        ]
        found = self.hands[hand].find(request, self.asked)
        assert open_ == ([] if found is None else [found.state])

    @invariant()
    def the_file_holds_what_the_model_knows(self):
        assert self.known == {
            key(entry): (entry.fingerprint, entry.state, entry.task_id)
            for entry in self.hands[1].recent(1000)
        }


Journals.TestCase.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestJournals = Journals.TestCase
TestJournals.__doc__ = (
    "No order of calls opens a request twice, loses a task id, or leaves the table."
)
