"""The API key: any one is accepted, none is an error."""

from __future__ import annotations

import httpx
import pytest

HEADERS = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic abc"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_a_missing_key_is_an_error(caller, headers):
    """Both calls need one."""
    url = caller.simulator.base_url
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60) as client:
        post = client.post("/v3/async/wan2.7-i2v", json=caller.body())
        get = client.get("/v3/async/task-result?task_id=x")
    answers = [(each.status_code, each.json()["reason"]) for each in (post, get)]
    assert [(400, "MISSING_API_KEY")] * 2 == answers


def test_only_the_scripted_keys_are_accepted(start_scripted):
    """With a list of keys any other one is 403, for both calls."""
    caller = start_scripted(keys=["right"])
    wrong, look = caller.post(caller.body()), caller.get("x")
    right = caller.post(caller.body(), headers={"Authorization": "Bearer right"})
    assert [(403, "INVALID_API_KEY")] * 2 == [
        (each.status_code, each.json()["reason"]) for each in (wrong, look)
    ]
    assert 200 == right.status_code
