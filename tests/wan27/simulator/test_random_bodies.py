"""The host answers any body in its own words and never crashes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from wan27 import limits
from wan27.simulator import Settings, Simulator
from wan27.simulator.error_answer import ErrorAnswer
from wan27.simulator.protocols.async_v3_rules import check_body

NAMES = (
    "image_url",
    "first_clip_url",
    "last_frame_url",
    "driving_audio_url",
    "prompt",
    "duration",
    "resolution",
    "seed",
    "watermark",
)
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)
URLS = ("http://", "data:image/png;base64,AAAA", "data:", "http://127.0.0.1:1/", "file:///x")
LIKELY = some.sampled_from(["720P", "", 5, 0, True, *URLS])
BODIES = (
    ANYTHING
    | some.dictionaries(some.sampled_from(NAMES), ANYTHING | LIKELY)
    | some.dictionaries(some.text(max_size=5), ANYTHING)
)


@pytest.fixture(scope="module")
def simulator():
    """Yield one simulator for all examples."""
    with Simulator(Settings(queued_seconds=0, working_seconds=0)) as simulator:
        yield simulator


@given(body=BODIES)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_random_body_is_a_documented_error(simulator, http, body):
    """Status 400, the flat shape, a reason and a message."""
    answer = http.post(
        simulator.base_url + "/v3/async/wan2.7-i2v",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    error = answer.json()
    assert (400, 400, {}) == (answer.status_code, error["code"], error["metadata"])
    assert error["reason"]
    assert error["message"]


@given(body=BODIES)
@settings(max_examples=200, deadline=None)
def test_a_body_is_legal_or_an_error(body):
    """The rules have no third outcome."""
    media = {}
    with suppress(ErrorAnswer):
        media = check_body(body)
    assert not media or frozenset(media) in limits.COMBINATIONS
