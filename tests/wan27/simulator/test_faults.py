"""Each fault: what the client sees, and whether the task exists by then."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from tests.simulator import Fault

LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def created(scripted):
    """The number of tasks that a host would charge for."""
    return len(scripted.simulator.tasks)


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        (Fault(on="submit", do="status", status=429), 429, '"RATE_LIMIT_EXCEEDED"'),
        (
            Fault(on="submit", do="status", status=403, reason="NOT_ENOUGH_BALANCE"),
            403,
            '"NOT_ENOUGH_BALANCE"',
        ),
        (
            Fault(on="submit", do="status", status=502, body="<html>Bad Gateway</html>"),
            502,
            "<html>Bad Gateway</html>",
        ),
        (
            Fault(on="submit", do="status", status=400, body={"reason": "ILLEGAL_PROMPT"}),
            400,
            '{"reason": "ILLEGAL_PROMPT"}',
        ),
        (Fault(on="submit", do="status", status=599), 599, '"code": 599'),
    ],
)
def test_a_status_instead_of_the_task(scripted, fault, status, content):
    """The body was read, nothing was created, and the fault is used up."""
    scripted.inject(fault)
    answer = scripted.post(scripted.body())
    assert (status, True) == (answer.status_code, content in answer.text)
    assert (0, 1) == (created(scripted), len(scripted.simulator.submissions))
    assert scripted.submit()


def test_headers_of_a_fault_replace_those_of_the_answer(scripted):
    """Retry-After, with and without a fault of its own."""
    scripted.inject(
        Fault(
            on="submit",
            do="status",
            status=429,
            headers={"Retry-After": "7", "Content-Type": "text/x"},
        ),
        Fault(on="submit", do="pass", headers={"X-Seen": "1"}),
    )
    refused, passed = scripted.post(scripted.body()), scripted.post(scripted.body())
    assert ("7", "text/x") == (refused.headers["retry-after"], refused.headers["content-type"])
    assert (200, "1") == (passed.status_code, passed.headers["x-seen"])


def test_a_connection_dropped_before_the_body_creates_nothing(scripted):
    """The record has the request, not its body."""
    scripted.inject(Fault(on="submit", do="drop_before_body"))
    with pytest.raises(LOST):
        scripted.post(scripted.body())
    assert (0, 1, []) == (
        created(scripted),
        len(scripted.simulator.requests),
        scripted.simulator.submissions,
    )


def test_a_connection_dropped_before_a_large_body_creates_nothing(scripted):
    """Most of the body was never read."""
    scripted.inject(Fault(on="submit", do="drop_before_body"))
    with pytest.raises(LOST):
        scripted.post({"image_url": "x" * 20_000_000})
    assert 0 == created(scripted)


def test_a_connection_dropped_after_the_body_has_created_the_task(scripted):
    """The case that loses money: charged, and no response was received."""
    scripted.inject(Fault(on="submit", do="drop_after_body"))
    with pytest.raises(LOST):
        scripted.post(scripted.body())
    assert 1 == created(scripted)


@pytest.mark.parametrize("do", ["status_after_body", "wrong_content"])
def test_an_answer_that_hides_the_task(scripted, do):
    """A gateway's page replaces the answer, but the task exists."""
    scripted.inject(Fault(on="submit", do=do, status=504, body="<html>"))
    answer = scripted.post(scripted.body())
    assert ({"status_after_body": 504, "wrong_content": 200}[do], "<html>") == (
        answer.status_code,
        answer.text,
    )
    assert 1 == created(scripted)


def test_wrong_content_is_not_json_unless_scripted(scripted):
    """By default it is not a legal answer."""
    scripted.inject(
        Fault(on="task", do="wrong_content"),
        Fault(on="task", do="wrong_content", body=[1]),
    )
    task_id = scripted.submit()
    answers = [scripted.get(task_id) for _ in range(3)]
    assert [200] * 3 == [answer.status_code for answer in answers]
    assert answers[0].text.startswith("<html>")
    assert ([1], task_id) == (answers[1].json(), answers[2].json()["task"]["task_id"])


@pytest.mark.parametrize("after_bytes", [None, 3])
def test_a_stall_without_end(scripted, after_bytes):
    """The task was created; the client waits in vain, before the answer or within it."""
    scripted.inject(Fault(on="submit", do="stall", after_bytes=after_bytes))
    with pytest.raises(httpx.ReadTimeout):
        scripted.post(scripted.body(), timeout=2)
    assert 1 == created(scripted)


@pytest.mark.parametrize("after_bytes", [None, 3])
def test_a_stall_that_ends(scripted, after_bytes):
    """A slow answer is an answer."""
    scripted.inject(Fault(on="submit", do="stall", after_bytes=after_bytes, seconds=0.2))
    began = time.monotonic()
    assert scripted.post(scripted.body()).json()["task_id"] == scripted.simulator.tasks[0].id
    assert time.monotonic() - began > 0.15


@pytest.mark.parametrize("do", ["drop_before_body", "drop_after_body", "truncate"])
@pytest.mark.parametrize("on", ["task", "download"])
def test_a_get_can_be_repeated_after_a_lost_response(scripted, on, do):
    """Only the fault is used up."""
    task_id = scripted.submit()
    url = scripted.video_url(task_id)
    ask = {"task": lambda: scripted.get(task_id), "download": lambda: scripted.download(url)}[on]
    scripted.inject(Fault(on=on, do=do))
    with pytest.raises(LOST):
        ask()
    assert (200, 1) == (ask().status_code, created(scripted))


def test_faults_come_in_order_as_often_as_written(scripted):
    """Twice one, a pass, then another without end; other calls are not affected."""
    scripted.inject(
        Fault(on="task", do="status", status=500, times=2),
        Fault(on="submit", do="pass"),
        Fault(on="task", do="pass"),
        Fault(on="task", do="status", status=503, times=None),
    )
    task_id = scripted.submit()
    assert [500, 500, 200, 503, 503, 503] == [scripted.get(task_id).status_code for _ in range(6)]
    assert 1 == len(scripted.simulator.script.faults)
    scripted.simulator.script.faults.clear()
    assert 200 == scripted.get(task_id).status_code


def test_faults_may_be_appended_from_any_thread(scripted):
    """None is lost, none strikes twice."""
    faults = scripted.simulator.script.faults
    threads = [
        threading.Thread(
            target=lambda: [faults.append(Fault(on="task", do="status")) for _ in range(50)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    answers = [scripted.get("x").status_code for _ in range(100)]
    for thread in threads:
        thread.join()
    assert 200 == answers.count(500) + len(faults)
