"""A real ComfyUI that is killed, again and again, and started anew: every video comes out, and each was bought once."""

from __future__ import annotations

import pytest

from scripts.torments.kill_server import kill_at, kill_in_five_phases, scene
from scripts.torments.tally import Tally
from scripts.torments.trial import Trial

pytestmark = pytest.mark.comfyui


@pytest.fixture(scope="module")
def place(comfyui, tmp_path_factory):
    """One server for all kills: starting ComfyUI takes longer than anything else here."""
    with scene(Trial(tmp_path_factory.mktemp("kills"), comfyui)) as place:
        yield place


def test_a_kill_in_five_phases_at_once(place):
    """Five nodes are uploading, submitting, queued, processing and downloading: six tasks, and one sentence that an answer was not heard."""
    tally = Tally("five")
    kill_in_five_phases(place, tally, "five")
    assert (6, 1, 0, 0, []) == (tally.bought, tally.told, tally.twice, tally.lost, tally.wrong)


@pytest.mark.parametrize(("moment", "told"), [("the request begins to arrive", (0, 1)), ("decoding", (0,))])
def test_a_kill_at_a_moment(place, moment, told):
    """One task where the answer could be heard; where it could not, two at most and a sentence in between."""
    tally = Tally(moment)
    kill_at(moment, place, tally, moment)
    assert (0, 0, []) == (tally.twice, tally.lost, tally.wrong)
    assert tally.told in told
    assert tally.bought <= 1 + tally.told
