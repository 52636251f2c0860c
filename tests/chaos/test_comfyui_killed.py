"""A real ComfyUI is killed and started again: every video arrives, and each was bought once."""

from __future__ import annotations

import pytest

from .conftest import key_tally
from .server_crash import MOMENTS, kill_any_time, kill_at, kill_in_five_phases, scene

pytestmark = [pytest.mark.chaos, pytest.mark.comfyui]

FEW = ["the request begins to arrive", "decoding"]
UNKNOWN = ["the request begins to arrive", "the response is on its way", "submitting"]


@pytest.fixture(scope="module")
def stage(comfyui, new_trial):
    """One server for all kills, because starting ComfyUI takes longer than any test here."""
    with scene(new_trial(), comfyui) as stage:
        yield stage


def pytest_generate_tests(metafunc):
    """Kill at every moment in a long run, else at two of them."""
    if "moment" in metafunc.fixturenames:
        is_long = metafunc.config.getoption("chaos") == "long"
        metafunc.parametrize("moment", MOMENTS if is_long else FEW)


@pytest.mark.cases(few=1, short=1, long=3)
def test_five_nodes_killed_in_five_phases_lose_nothing(number, stage, tally):
    """Five tasks: the one whose id never arrived is given to its request by a person."""
    tally.name = "a real ComfyUI killed with nodes in five phases"
    kill_in_five_phases(stage, tally, f"phases {number}")
    assert [] == tally.broken
    assert (5, 1) == (tally.bought, tally.reported)


def test_a_server_killed_at_a_named_moment_loses_nothing(moment, stage, tally):
    """One task; where its id may not have arrived, a person is asked first."""
    tally.name = "a real ComfyUI killed at a named moment"
    kill_at(moment, stage, tally, moment)
    assert [] == tally.broken
    assert tally.reported <= (moment in UNKNOWN)
    assert 1 == tally.bought


@pytest.mark.cases(few=0, short=1, long=20)
def test_a_server_killed_at_any_moment_loses_nothing(number, stage, tally):
    """One node, killed within about two seconds."""
    tally.name = "a real ComfyUI killed at any moment"
    kill_any_time(stage, tally, f"any {number}")
    assert [] == tally.broken


def test_the_key_is_in_no_file_of_the_killed_server(stage, record_property):
    """After all of the above: the journal, the videos, the log and ComfyUI's own files."""
    tally = key_tally(stage.trial.folder, stage.trial.key)
    record_property("tally", tally.plain)
    assert [] == tally.broken
    assert tally.cases > 10
