"""The script of a simulator: what it changes, and that a misspelt one is an error."""

from __future__ import annotations

import pytest

from tests.simulator import Fault, Script

from .test_task_life import progress


@pytest.mark.parametrize(
    "written",
    [
        {"on": "poll", "do": "status"},
        {"on": "submit", "do": "explode"},
        {"on": "submit", "do": "ignore_range"},
        {"on": "submit", "do": "status", "status": "500"},
        {"on": "submit", "do": "status", "status": 99},
        {"on": "submit", "do": "status", "times": 0},
        {"on": "submit", "do": "stall", "seconds": -1},
        {"on": ["submit"], "do": "stall"},
        {"on": "submit", "do": "stall", "seconds": True},
    ],
    ids=str,
)
def test_a_misspelt_fault_is_an_error(written):
    """A fault that could never strike would prove nothing."""
    with pytest.raises(ValueError):
        Fault(**written)


@pytest.mark.parametrize("written", [{"faults": [3]}, {"faults": [{}]}, {"keys": "k"}], ids=str)
def test_a_misspelt_script_is_an_error(written):
    """It is not ignored."""
    with pytest.raises(ValueError):
        Script(**written)


def test_a_running_simulator_follows_a_new_script(scripted, film):
    """The new one counts from the next request on."""
    faults = [Fault(on="submit", do="status", status=503)]
    scripted.simulator.replace_script(
        Script(queued_seconds=0, working_seconds=60, video=str(film), faults=faults)
    )
    assert 503 == scripted.post(scripted.body()).status_code
    assert "PROCESSING" == progress(scripted.result(scripted.submit()))[0]


def test_a_task_fails_as_scripted(start_scripted, clock):
    """HTTP 200, the status, the reason, no video; and not before its time."""
    faults = [Fault(on="run", do="fail", reason="the image was refused")]
    caller = start_scripted(faults=faults, queued_seconds=0, working_seconds=10)
    failing, fine = caller.submit(), caller.submit()
    assert ("PROCESSING", 0, 10) == progress(caller.result(failing))
    clock.now += 10
    result = caller.result(failing)
    assert ("FAILED", 0, 0) == progress(result)
    assert ("the image was refused", []) == (result["task"]["reason"], result["videos"])
    assert "FAILED" != progress(caller.result(fine))[0]


def test_a_task_can_succeed_without_a_video(scripted):
    """Clients have met it; the host may find the video later."""
    scripted.inject(Fault(on="run", do="empty"))
    task_id = scripted.submit()
    result = scripted.result(task_id)
    assert ("SUCCEED", []) == (progress(result)[0], result["videos"])
    scripted.simulator.without_video.clear()
    assert 1 == len(scripted.result(task_id)["videos"])


def test_a_status_can_be_another_word(start_scripted):
    """One that is not documented."""
    words = {"TASK_STATUS_PROCESSING": "TASK_STATUS_PAUSED"}
    caller = start_scripted(queued_seconds=0, working_seconds=10, statuses=words)
    assert "PAUSED" == progress(caller.result(caller.submit()))[0]


def test_the_record_has_every_request(scripted):
    """With its key, in any spelling of the header's name, its body, and the fault that met it."""
    scripted.inject(Fault(on="task", do="status", status=500))
    task_id = scripted.submit(prompt="rain")
    scripted.get(task_id)
    url = scripted.video_url(task_id)
    scripted.download(url, **{"X-Seen": "1"})
    submit, *_ = requests = scripted.simulator.requests
    assert ["submit", "task", "task", "download"] == [request.call for request in requests]
    assert [None, 500, None, None] == [
        fault and fault.status for fault in scripted.simulator.injected
    ]
    assert ("POST", "/v3/async/wan2.7-i2v") == (submit.method, submit.path)
    keys = [submit.headers["authorization"], submit.headers["Authorization"]]
    assert ["Bearer made-up"] * 2 == keys
    assert ("rain", task_id) == (submit.json["prompt"], requests[1].query["task_id"])
    assert [submit.json] == scripted.simulator.submissions
    assert ["1"] == [headers["x-seen"] for headers in scripted.simulator.downloads]


def test_the_record_has_refused_submissions_too(scripted):
    """Only created tasks are charged for."""
    scripted.submit()
    scripted.post(scripted.body(duration=99))
    assert (1, 2) == (len(scripted.simulator.tasks), len(scripted.simulator.submissions))
    scripted.simulator.forget()
    assert [] == scripted.simulator.submissions
