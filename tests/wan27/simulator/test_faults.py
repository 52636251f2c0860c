"""Each fault: what the client gets to see, and what had been created by then."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from wan27.simulator import Fault

LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def created(caller):
    """How many tasks would have been paid for."""
    return len(caller.simulator.tasks)


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        (Fault(on="submit", do="status", status=429), 429, '"RATE_LIMIT_EXCEEDED"'),
        (Fault(on="submit", do="status", status=403, reason="NOT_ENOUGH_BALANCE"), 403, '"NOT_ENOUGH_BALANCE"'),
        (Fault(on="submit", do="status", status=502, body="<html>Bad Gateway</html>"), 502, "<html>Bad Gateway</html>"),
        (Fault(on="submit", do="status", status=400, body={"reason": "ILLEGAL_PROMPT"}), 400, '{"reason": "ILLEGAL_PROMPT"}'),
        (Fault(on="submit", do="status", status=599), 599, '"code": 599'),
    ],
)
def test_a_status_instead_of_the_task(caller, fault, status, content):
    """The body was read, nothing was created, and the fault is used up."""
    caller.simulator.script.faults.append(fault)
    answer = caller.post(caller.body())
    assert (status, True) == (answer.status_code, content in answer.text)
    assert (0, 1) == (created(caller), len(caller.simulator.submissions))
    assert caller.submit()


def test_headers_are_laid_over_the_answer(caller):
    """Retry-After, with and without a fault of its own."""
    caller.simulator.script.faults.extend(
        [
            Fault(on="submit", do="status", status=429, headers={"Retry-After": "7", "Content-Type": "text/x"}),
            Fault(on="submit", do="pass", headers={"X-Seen": "1"}),
        ]
    )
    refused, passed = caller.post(caller.body()), caller.post(caller.body())
    assert ("7", "text/x") == (refused.headers["retry-after"], refused.headers["content-type"])
    assert (200, "1") == (passed.status_code, passed.headers["x-seen"])


def test_a_connection_dropped_before_the_body_creates_nothing(caller):
    """The request is on record, its body is not."""
    caller.simulator.script.faults.append(Fault(on="submit", do="drop_before_body"))
    with pytest.raises(LOST):
        caller.post(caller.body())
    assert (0, 1, []) == (created(caller), len(caller.simulator.requests), caller.simulator.submissions)


def test_a_connection_dropped_before_a_large_body_creates_nothing(caller):
    """Most of the body was never read."""
    caller.simulator.script.faults.append(Fault(on="submit", do="drop_before_body"))
    with pytest.raises(LOST):
        caller.post({"image_url": "x" * 20_000_000})
    assert 0 == created(caller)


def test_a_connection_dropped_after_the_body_has_created_the_task(caller):
    """The case that money is lost in: paid, and nobody told."""
    caller.simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    with pytest.raises(LOST):
        caller.post(caller.body())
    assert 1 == created(caller)


@pytest.mark.parametrize("do", ["status_after_body", "wrong_content"])
def test_an_answer_that_hides_the_task(caller, do):
    """A gateway's page instead of the answer: the task exists all the same."""
    caller.simulator.script.faults.append(Fault(on="submit", do=do, status=504, body="<html>"))
    answer = caller.post(caller.body())
    assert ({"status_after_body": 504, "wrong_content": 200}[do], "<html>") == (answer.status_code, answer.text)
    assert 1 == created(caller)


def test_wrong_content_is_no_json_unless_scripted(caller):
    """What comes by default cannot be mistaken for an answer."""
    caller.simulator.script.faults.extend([Fault(on="task", do="wrong_content"), Fault(on="task", do="wrong_content", body=[1])])
    task_id = caller.submit()
    answers = [caller.get(task_id) for _ in range(3)]
    assert [200] * 3 == [answer.status_code for answer in answers]
    assert answers[0].text.startswith("<html>")
    assert ([1], task_id) == (answers[1].json(), answers[2].json()["task"]["task_id"])


@pytest.mark.parametrize(("after_bytes", "error"), [(None, httpx.ReadTimeout), (3, httpx.ReadTimeout)])
def test_a_stall_without_end(caller, after_bytes, error):
    """The task was created, the client waits in vain, before the answer or within it."""
    caller.simulator.script.faults.append(Fault(on="submit", do="stall", after_bytes=after_bytes))
    with pytest.raises(error):
        caller.post(caller.body(), timeout=0.3)
    assert 1 == created(caller)


@pytest.mark.parametrize("after_bytes", [None, 3])
def test_a_stall_that_ends(caller, after_bytes):
    """A slow answer is an answer."""
    caller.simulator.script.faults.append(Fault(on="submit", do="stall", after_bytes=after_bytes, seconds=0.2))
    began = time.monotonic()
    assert caller.post(caller.body()).json()["task_id"] == caller.simulator.tasks[0].id
    assert time.monotonic() - began > 0.15


@pytest.mark.parametrize("do", ["drop_before_body", "drop_after_body", "truncate"])
@pytest.mark.parametrize("on", ["task", "download"])
def test_a_lost_answer_to_a_get_can_be_asked_for_again(caller, on, do):
    """Nothing is created, nothing is used up but the fault."""
    task_id = caller.submit()
    url = caller.video_url(task_id)
    ask = {"task": lambda: caller.get(task_id), "download": lambda: caller.download(url)}[on]
    caller.simulator.script.faults.append(Fault(on=on, do=do))
    with pytest.raises(LOST):
        ask()
    assert (200, 1) == (ask().status_code, created(caller))


def test_faults_come_in_order_as_often_as_written(caller):
    """Twice one, a pass, then another without end; other places are not touched."""
    caller.simulator.script.faults.extend(
        [
            Fault(on="task", do="status", status=500, times=2),
            Fault(on="submit", do="pass"),
            Fault(on="task", do="pass"),
            Fault(on="task", do="status", status=503, times=None),
        ]
    )
    task_id = caller.submit()
    assert [500, 500, 200, 503, 503, 503] == [caller.get(task_id).status_code for _ in range(6)]
    assert 1 == len(caller.simulator.script.faults)
    caller.simulator.script.faults.clear()
    assert 200 == caller.get(task_id).status_code


def test_the_record_says_which_fault_met_which_request(caller):
    """For the test that wonders why."""
    caller.simulator.script.faults.append(Fault(on="task", do="status", status=500))
    caller.get("x")
    caller.get("x")
    assert [500, None] == [request.fault and request.fault.status for request in caller.simulator.requests]


def test_faults_may_be_appended_from_any_thread(caller):
    """None is lost, none strikes twice."""
    faults = caller.simulator.script.faults
    threads = [threading.Thread(target=lambda: [faults.append(Fault(on="task", do="status")) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    answers = [caller.get("x").status_code for _ in range(100)]
    for thread in threads:
        thread.join()
    assert 200 == answers.count(500) + len(faults)
