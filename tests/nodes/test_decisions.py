"""A lost response and a cancel in a real ComfyUI: one POST, until a person decides."""

from __future__ import annotations

import time

import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault

from .face import get, name_of, post


def items(graph, count, *, equal=False):
    """A list of images, as other nodes give one."""
    rng = np.random.default_rng(11)
    shape = (1 if equal else count, 300, 400, 3)
    images = np.broadcast_to(rng.random(shape, np.float32), (count, 300, 400, 3)).copy()
    return [graph.add("RebatchImages", images=graph.image(images), batch_size=1), 0]


def run_list(graph, count, wan, **given):
    node = graph.add(
        "Wan27ImageToVideo", first_frame=items(graph, count, **given), **wan(decode_frames=False)
    )
    graph.save(node, "task_id")
    return graph


def uncertain(server):
    """The newest task of the list, without a task id."""
    task = get(server, "/wan27/tasks")["tasks"][0]
    assert ("uncertain", ["attach", "abandon"]) == (task["state"], task["actions"])
    return task


@pytest.fixture
def lost(simulator):
    """A host whose first response is lost after the task was made."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    return simulator


def test_a_cancel_stops_every_item_of_a_list(simulator, new_graph, wan):
    """What had not been sent is not sent, and the prompt ends as a cancel."""
    simulator.script.working_seconds = 60
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5, times=24))
    graph = run_list(new_graph(), 24, wan)
    prompt_id = graph.server.submit(graph.prompt)
    while not simulator.tasks:
        time.sleep(0.02)
    began = time.monotonic()
    graph.server.interrupt()
    assert "interrupted" == failure(graph.server.wait(prompt_id))
    assert time.monotonic() - began < 3
    time.sleep(1)
    assert len(simulator.submissions) <= 2  # those that had left


def test_a_list_of_equal_items_with_a_lost_response_is_bought_once(lost, new_graph, wan):
    """Each Run after it stops too, until a person gives the entry its task; then it is collected."""
    graph = run_list(new_graph(), 6, wan, equal=True)
    for _ in range(3):
        assert "you may have been charged" in failure(graph.run())
    assert 1 == len(lost.submissions)

    task = uncertain(graph.server)
    *_, made = lost.tasks
    assert (200, {}) == post(
        graph.server, "/wan27/tasks/attach", name_of(task) | {"task_id": made.id}
    )
    assert None is failure(graph.run())
    assert 1 == len(lost.submissions)


def test_a_request_that_is_given_up_is_submitted_again(lost, new_graph, wan, picture):
    """By the next Run, and once."""
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan())
    graph.save(node, "task_id")
    assert "you may have been charged" in failure(graph.run())
    assert (200, {}) == post(graph.server, "/wan27/tasks/abandon", name_of(uncertain(graph.server)))
    assert None is failure(graph.run())
    assert None is failure(graph.run())
    assert 2 == len(lost.submissions)


def test_a_deleted_video_is_downloaded_again_although_comfyui_cached_the_node(
    simulator, new_graph, wan, picture
):
    """A change behind our node runs the graph; nothing is bought, and the file is there again."""
    graph = new_graph()
    node = graph.add(
        "Wan27ImageToVideo", first_frame=graph.image(picture), **wan(decode_frames=False)
    )
    save = graph.add("SaveVideo", video=[node, 3], filename_prefix="a", format="auto", codec="auto")
    assert None is failure(graph.run())
    for path in (graph.server.base / "output" / "wan27").glob("*.mp4"):
        path.unlink()
    for prefix in ("b", "c"):
        graph.prompt[save]["inputs"]["filename_prefix"] = prefix
        assert None is failure(graph.run())
    assert 1 == len(simulator.submissions)
    assert 2 == len(simulator.downloads)
