"""Every fault of the simulated host, in every call, once, three times and without end."""

from __future__ import annotations

import pytest

from tests.simulator import WORDS

from .faults import NOT_ASKED, all_faults, matrix, name_of, run_into

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def host(new_trial):
    """One host for all faults: it tells the requests apart by their prompts."""
    with new_trial().host() as simulator:
        yield simulator


@pytest.mark.parametrize("fault", matrix(), ids=name_of)
def test_after_a_fault_nothing_is_bought_twice_and_the_error_has_advice(fault, trial, host, tally):
    """No second task that no person asked for, and a video in the end."""
    tally.name = "a fault at the host, once, three times or without end"
    outcomes = run_into(fault, trial, host, tally)
    assert [] == tally.broken
    assert "" == outcomes[-1].error


def test_the_matrix_has_every_fault():
    """Every word of every call is in it; a new word of the simulator is added by itself."""
    asked = {call: words for call, words in WORDS.items() if call not in NOT_ASKED}
    words = {(call, word) for call, words in asked.items() for word in words - {"pass"}}
    assert words == {(each.on, each.do) for each in all_faults()}
