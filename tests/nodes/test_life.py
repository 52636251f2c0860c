"""Nodes that wait: side by side, watched, cancelled, killed; and every task is bought once."""

from __future__ import annotations

import time

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import probe

pytestmark = pytest.mark.comfyui


def one_node(graph, picture, **inputs):
    """A graph of one generating node; return the folder of its probe."""
    return graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **inputs), "task_id"
    )


def test_six_nodes_of_one_graph_wait_together(simulator, new_graph, wan, picture):
    """Six tasks of three seconds end after little more than one."""
    simulator.script.working_seconds = 3
    before, graph = len(simulator.tasks), new_graph()
    image = graph.image(picture)
    for seed in range(6):
        graph.save(
            graph.add(
                "Wan27ImageToVideo", first_frame=image, **wan(seed=seed, decode_frames=False)
            ),
            "task_id",
        )
    began = time.monotonic()
    assert None is failure(graph.run())
    assert time.monotonic() - began < 9
    assert before + 6 == len(simulator.tasks)


def test_a_node_says_what_it_is_doing(simulator, new_graph, wan, picture):
    """Queued, processing with its percentage and the time gone, done with the id; and the bar moves forward only."""
    simulator.script.queued_seconds, simulator.script.working_seconds = 2, 3
    graph = new_graph()
    folder = one_node(graph, picture, **wan())
    with graph.server.events() as events:
        assert None is failure(graph.run())
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
        f"task {probe(folder)['task_id']}",
    ):
        assert part in shown, shown
    assert sorted(values) == values
    assert 100 == values[-1]


@pytest.mark.parametrize("phase", ["queued", "downloading"])
def test_a_cancel_is_quick_clean_and_loses_nothing(simulator, new_graph, wan, picture, phase):
    """It ends at once as a cancel, not an error; the next Run collects the same task.

    `make bench` measures how soon.
    """
    simulator.script.queued_seconds = 60 if phase == "queued" else 0
    if phase == "downloading":
        simulator.script.faults.append(Fault(on="download", do="stall", after_bytes=100))
    before, graph = len(simulator.tasks), new_graph()
    one_node(graph, picture, **wan())
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


def test_a_cancel_during_the_submission_hears_the_answer(simulator, new_graph, wan, picture):
    """The prompt ends at once; what was sent is never cut off from its answer, and the next Run collects that very task."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=3))
    before, graph = len(simulator.tasks), new_graph()
    one_node(graph, picture, **wan())
    prompt_id = graph.server.submit(graph.prompt)
    while len(simulator.tasks) == before:
        time.sleep(0.05)
    began = time.monotonic()
    graph.server.interrupt()
    assert ("interrupted", True) == (
        failure(graph.server.wait(prompt_id)),
        time.monotonic() - began < 1.5,
    )
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_neighbours_failure_loses_nothing(simulator, new_graph, wan, picture):
    """The graph fails because of another node; the next Run collects what was paid for."""
    simulator.script.working_seconds = 2
    before, graph = len(simulator.tasks), new_graph()
    one_node(graph, picture, **wan())
    graph.add("ProbeFail", seconds=1)
    assert "the probe failed" == failure(graph.run())

    graph = new_graph()
    one_node(graph, picture, **wan())
    assert None is failure(graph.run())
    assert before + 1 == len(simulator.tasks)


def test_a_crash_loses_nothing_and_buys_nothing_twice(
    crash_server, simulator, new_graph, wan, picture
):
    """Killed while it waits and started again without any cache, the same graph collects its task, and later finds its file."""
    simulator.script.working_seconds = 3
    before = len(simulator.tasks)
    graph = new_graph(crash_server)
    folder = one_node(graph, picture, **wan())
    crash_server.submit(graph.prompt)
    while len(simulator.tasks) == before:
        time.sleep(0.05)
    time.sleep(0.3)
    crash_server.kill()
    crash_server.start()

    assert None is failure(graph.run())
    requests = len(simulator.requests)
    assert None is failure(graph.run())
    assert (before + 1, requests) == (len(simulator.tasks), len(simulator.requests))
    assert list(simulator.tasks)[-1].id == probe(folder)["task_id"]


def test_a_crash_in_the_middle_of_a_submission_is_never_resent_silently(
    crash_server, simulator, new_graph, wan, picture
):
    """The next Run stops once and says that the earlier one may have been charged; only the one after submits anew."""
    simulator.script.faults.append(Fault(on="submit", do="stall"))
    graph = new_graph(crash_server)
    one_node(graph, picture, **wan())
    crash_server.submit(graph.prompt)
    while not simulator.submissions:
        time.sleep(0.05)
    crash_server.kill()
    crash_server.start()

    assert "you may have been charged" in failure(graph.run())
    assert 1 == len(simulator.submissions)
    assert None is failure(graph.run())
    assert 2 == len(simulator.submissions)
