"""The key: required, and never anybody's business but the API's."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Basic abc"}], ids=str)
@pytest.mark.parametrize("status", [400, 401])
def test_a_missing_key_is_refused_as_scripted(start, headers, status):
    """The table says 400, the guide 401: both can be played."""
    caller = start(missing_key_status=status)
    post = httpx.post(caller.simulator.base_url + "/v3/async/wan2.7-i2v", json=caller.body(), headers=headers, trust_env=False)
    get = httpx.get(caller.simulator.base_url + "/v3/async/task-result?task_id=x", headers=headers, trust_env=False)
    assert [(status, "MISSING_API_KEY")] * 2 == [(each.status_code, each.json()["reason"]) for each in (post, get)]


def test_only_the_scripted_keys_are_accepted(start):
    """With a list of keys any other is refused with 403."""
    caller = start(keys=["right"])
    wrong = caller.post(caller.body())
    right = caller.post(caller.body(), headers={"Authorization": "Bearer right"})
    assert (403, "INVALID_API_KEY", 200) == (wrong.status_code, wrong.json()["reason"], right.status_code)


def test_the_record_keeps_what_was_sent(caller):
    """A test can read the key that reached the API, in any spelling of the header's name."""
    caller.submit(prompt="rain")
    request = caller.simulator.requests[0]
    assert ("submit", "POST", "/v3/async/wan2.7-i2v") == (request.place, request.method, request.path)
    assert ["Bearer made-up"] * 2 == [request.headers["authorization"], request.headers["Authorization"]]
    assert "rain" == request.json["prompt"]
    assert [request.json] == caller.simulator.submissions
