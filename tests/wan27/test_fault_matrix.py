"""Every fault that the simulated host can have, at every place, as often as it comes: bought once, told, and mended by the next Run."""

from __future__ import annotations

import pytest

from scripts.torments.faults import all_faults, matrix, name_of, suffer
from scripts.torments.tally import Tally
from scripts.torments.trial import Trial
from wan27.simulator.faults import WORDS


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return Trial(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def host(trial):
    with trial.host() as simulator:
        yield simulator


@pytest.mark.parametrize("fault", matrix(), ids=name_of)
def test_a_fault_costs_nothing_twice_and_says_what_to_do(trial, host, fault):
    """Whatever goes wrong, however often: no second task without a word, an advice in every error, and a video in the end."""
    tally = Tally(name_of(fault))
    said = suffer(fault, trial, host, tally)
    assert ([], 0, 0) == (tally.wrong, tally.twice, tally.lost)
    assert "" == said[-1].error


def test_the_matrix_leaves_no_fault_out():
    """Every word of every place is in it; a new word of the simulator comes in by itself."""
    assert {(place, word) for place, words in WORDS.items() for word in words - {"pass"}} == {(each.on, each.do) for each in all_faults()}
