"""Nodes that wait: together, watched, canceled, killed. Every task is bought once."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import saved
from .frontend_api import newest, post, ref

pytestmark = pytest.mark.comfyui


def test_six_nodes_of_one_graph_wait_together(simulator, new_graph, wan, image):
    """All six are submitted while none of them is done; `make bench` measures the time."""
    simulator.script.working_seconds = 600
    before, graph = len(simulator.tasks), new_graph()
    for seed in range(6):
        graph.image_to_video(image, **wan(seed=seed))
    prompt_id = graph.server.submit(graph.prompt)
    wait_for(lambda: len(simulator.tasks) == before + 6)
    for task in simulator.tasks:
        task.working_seconds = 0
    assert None is failure(graph.server.wait(prompt_id))
    assert before + 6 == len(simulator.tasks)


def test_a_node_shows_its_status(simulator, new_graph, wan, image):
    """Queued, processing with percent and time, done with the id; the bar only moves forward."""
    simulator.script.queued_seconds, simulator.script.working_seconds = 2, 3
    graph = new_graph()
    folder = graph.image_to_video(image, **wan())
    with graph.server.events() as events:
        assert None is failure(graph.run())
        events.wait_for_end()
        texts = events.texts()
        values = [event.data["value"] for event in events.of("progress")]

    shown = " / ".join(texts)
    for part in (
        "queued",
        "processing",
        " % · ",
        " s · ",
        "left",
        "decoding",
        "Novita · price unknown",
        f"task {saved(folder)['task_id']}",
    ):
        assert part in shown, shown
    assert sorted(values) == values
    assert 100 == values[-1]


@pytest.mark.parametrize("phase", ["queued", "downloading"])
def test_a_cancel_is_quick_and_loses_nothing(simulator, new_graph, wan, image, phase):
    """ComfyUI shows a cancel, not an error, and the next Run collects the same task.

    `make bench` measures how quick.
    """
    simulator.script.queued_seconds = 60 if phase == "queued" else 0
    if phase == "downloading":
        simulator.script.faults.append(Fault(on="download", do="stall", after_bytes=100))
    before, graph = len(simulator.tasks), new_graph()
    graph.image_to_video(image, **wan())
    with graph.server.events() as events:
        prompt_id = graph.server.submit(graph.prompt)
        events.wait_for("progress_text", lambda data: phase in data["text"])
        began = time.monotonic()
        graph.server.interrupt()
        entry = graph.server.wait(prompt_id)
        took = time.monotonic() - began
        assert [] == events.of("execution_error")
    assert ("interrupted", True) == (failure(entry), took < 3)

    for task in simulator.tasks:
        task.queued_seconds = 0
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_cancel_waits_for_no_thread(simulator, new_graph, wan, image):
    """Another program locks the journal, for which SQLite waits 30 s: the prompt ends before."""
    before, graph = len(simulator.tasks), new_graph()
    graph.image_to_video(image, **wan())
    journal = graph.server.base / "user" / "__wan27" / "journal.sqlite3"
    journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # as the first Run makes it
    with closing(sqlite3.connect(journal)) as other, graph.server.events() as events:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        prompt_id = graph.server.submit(graph.prompt)
        ours = [name for name, node in graph.prompt.items() if "Wan27" in node["class_type"]]
        events.wait_for("executing", lambda data: data["node"] in ours)
        graph.server.interrupt()
        entry = graph.server.wait(prompt_id)
        took = time.monotonic() - began
    assert ("interrupted", True) == (failure(entry), took < 15)
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_cancel_during_the_submission_still_records_the_task(simulator, new_graph, wan, image):
    """The prompt ends at once, the response is awaited, and the next Run collects the task."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=3))
    before, graph = len(simulator.tasks), new_graph()
    graph.image_to_video(image, **wan())
    prompt_id = graph.server.submit(graph.prompt)
    wait_for(lambda: len(simulator.tasks) > before)
    began = time.monotonic()
    graph.server.interrupt()
    entry = graph.server.wait(prompt_id)
    assert ("interrupted", True) == (failure(entry), time.monotonic() - began < 1.5)
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_failing_neighbor_loses_nothing(simulator, new_graph, wan, image):
    """The graph fails because of another node; the next Run collects what was paid for."""
    simulator.script.working_seconds = 2
    before, graph = len(simulator.tasks), new_graph()
    graph.image_to_video(image, **wan())
    graph.add("ProbeFail", seconds=1)
    assert "the probe failed" == failure(graph.run())

    graph = new_graph()
    graph.image_to_video(image, **wan())
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_crash_loses_nothing_and_buys_nothing_twice(
    crash_server, simulator, new_graph, wan, image
):
    """Killed and started without a cache, ComfyUI collects the task, and then finds its file."""
    simulator.script.working_seconds = 3
    before = len(simulator.tasks)
    graph = new_graph(crash_server)
    folder = graph.image_to_video(image, **wan())
    crash_server.submit(graph.prompt)
    wait_for(lambda: len(simulator.tasks) > before)
    time.sleep(0.3)
    crash_server.kill()
    crash_server.start()

    assert None is failure(graph.run())
    requests = len(simulator.requests)
    assert None is failure(graph.run())
    assert (before + 1, requests) == (len(simulator.tasks), len(simulator.requests))
    assert list(simulator.tasks)[-1].id == saved(folder)["task_id"]


def test_a_submission_cut_off_by_a_crash_is_not_resent_silently(
    crash_server, simulator, new_graph, wan, image
):
    """Each Run stops and says that the request may have been charged, until a person decides."""
    simulator.script.faults.append(Fault(on="submit", do="stall"))
    graph = new_graph(crash_server)
    graph.image_to_video(image, **wan())
    crash_server.submit(graph.prompt)
    wait_for(lambda: simulator.submissions)
    crash_server.kill()
    crash_server.start()

    for _ in range(2):
        assert "you may have been charged" in failure(graph.run())
    assert 1 == len(simulator.submissions)
    task = newest(crash_server)
    assert "uncertain" == task["state"]
    assert (200, {}) == post(crash_server, "/wan27/tasks/abandon", ref(task))
    assert None is failure(graph.run())
    assert 2 == len(simulator.submissions)


def wait_for(condition, seconds=60):
    """Wait until the condition is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
