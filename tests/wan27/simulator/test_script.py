"""Scripts as data: read from JSON, changed while running, refused when misspelt."""

from __future__ import annotations

import json

import pytest

from wan27.simulator import Fault, Script

WRITTEN = {
    "faults": [
        {"on": "submit", "do": "status", "status": 429, "headers": {"Retry-After": "2"}},
        {"on": "run", "do": "fail", "times": None},
    ],
    "keys": ["k"],
    "queued_seconds": 0,
    "progress": "zero",
}


def test_a_script_survives_json():
    """What is written is what is read, and what is not written is the default."""
    script = Script.from_json(json.dumps(WRITTEN))
    assert [Fault("submit", "status", 429, headers={"Retry-After": "2"}), Fault("run", "fail", times=None)] == list(script.faults)
    assert (["k"], 0, "zero", 4.0) == (script.keys, script.queued_seconds, script.progress, script.working_seconds)
    assert script.as_json() == Script.from_json(json.dumps(script.as_json())).as_json()


@pytest.mark.parametrize(
    "written",
    [
        [],
        {"fault": []},
        {"faults": {}},
        {"faults": [3]},
        {"faults": [{}]},
        {"faults": [{"on": "submit"}]},
        {"faults": [{"on": "poll", "do": "status"}]},
        {"faults": [{"on": "submit", "do": "explode"}]},
        {"faults": [{"on": "submit", "do": "ignore_range"}]},
        {"faults": [{"on": "submit", "do": "status", "status": "500"}]},
        {"faults": [{"on": "submit", "do": "status", "status": 99}]},
        {"faults": [{"on": "submit", "do": "status", "times": 0}]},
        {"faults": [{"on": "submit", "do": "stall", "seconds": -1}]},
        {"faults": [{"on": "submit", "do": "stall", "for": 3}]},
        {"faults": [{"on": ["submit"], "do": "stall"}]},
        {"keys": "k"},
        {"queued_seconds": "1"},
        {"queued_seconds": True},
        {"progress": "falling"},
    ],
    ids=str,
)
def test_a_misspelt_script_is_refused(caller, written):
    """In Python and over HTTP alike; the script in force stays."""
    before = caller.simulator.script.as_json()
    with pytest.raises(ValueError):
        Script.from_json(json.dumps(written))
    answer = caller.http.put(caller.simulator.base_url + "/simulator/script", json=written)
    assert (400, "INVALID_SCRIPT") == (answer.status_code, answer.json()["reason"])
    assert before == caller.simulator.script.as_json()


def test_a_running_simulator_takes_a_new_script(caller):
    """Only the named fields change, from the next request on."""
    faults = [{"on": "submit", "do": "status", "status": 503}]
    answer = caller.http.put(caller.simulator.base_url + "/simulator/script", json={"faults": faults, "ttl": "0"})
    assert (200, "0", 0) == (answer.status_code, answer.json()["ttl"], answer.json()["queued_seconds"])
    assert 503 == caller.post(caller.body()).status_code
    assert "0" == caller.result(caller.submit())["videos"][0]["video_url_ttl"]


def test_the_state_can_be_read_without_a_key(caller):
    """For a person at a terminal; no media in it."""
    task_id = caller.submit(prompt="rain", seed=5)
    state = caller.http.get(caller.simulator.base_url + "/simulator", headers={"Authorization": ""}).json()
    assert [(task_id, "TASK_STATUS_SUCCEED", "rain", 5)] == [(t["task_id"], t["status"], t["prompt"], t["seed"]) for t in state["tasks"]]
    assert "image_url" not in state["tasks"][0]
