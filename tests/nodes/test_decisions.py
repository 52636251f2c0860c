"""A lost response and a cancel in a real ComfyUI: one POST, until a person decides."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault

from .frontend_api import newest, post, ref, wait_until
from .numbered_video import numbered_video

pytestmark = pytest.mark.comfyui

ROOT = Path(__file__).parent.parent.parent


def add_list(graph, count, wan, *, equal=False, node_id="Wan27ImageToVideo", **widgets):
    """Add a node that a list of images feeds, and return its id."""
    rng = np.random.default_rng(11)
    shape = (1 if equal else count, 300, 400, 3)
    images = np.broadcast_to(rng.random(shape, np.float32), (count, 300, 400, 3)).copy()
    batch = graph.add("RebatchImages", images=graph.image(images), batch_size=1)
    frames = {"first_frame": [batch, 0]}
    if node_id == "Wan27FirstLastFrame":
        frames["last_frame"] = [batch, 0]
    node = graph.add(node_id, **frames, **wan(**widgets))
    graph.save(node, "task_id")
    return node


def uncertain(server):
    """Return the newest task, about which a person must decide."""
    task = newest(server)
    assert ("uncertain", ["attach", "abandon"]) == (task["state"], task["actions"])
    return task


@pytest.fixture
def lost(simulator, tmp_path):
    """Return the host, whose first response is lost after the task was made.

    Its video has the shape of the images, or it would not be taken for the request's.
    """
    simulator.script.video = str(numbered_video(tmp_path / "video.mp4", size=(640, 480)))
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    return simulator


def cancel_during_the_submissions(graph, simulator):
    """Run, press Cancel at the first submission; assert that nothing more is sent or asked for."""
    simulator.script.working_seconds = 60
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5, times=24))
    prompt_id = graph.server.submit(graph.prompt)
    wait_until(lambda: simulator.submissions)
    began = time.monotonic()
    graph.server.interrupt()
    assert "interrupted" == failure(graph.server.wait(prompt_id))
    assert time.monotonic() - began < 30  # half of what a task works
    time.sleep(1)  # for the responses of what had left
    requests = len(simulator.requests)
    time.sleep(1)
    assert (True, requests) == (len(simulator.submissions) <= 2, len(simulator.requests))


def test_a_cancel_stops_every_item_of_a_list(simulator, new_graph, wan):
    """What had not been sent is not sent, and the prompt ends as a cancel."""
    graph = new_graph()
    add_list(graph, 24, wan)
    cancel_during_the_submissions(graph, simulator)


def test_one_cancel_stops_all_nodes_of_a_graph(simulator, new_graph, wan):
    """Two lists of two kinds of node."""
    graph = new_graph()
    add_list(graph, 6, wan)
    add_list(graph, 6, wan, node_id="Wan27FirstLastFrame")
    cancel_during_the_submissions(graph, simulator)


# In the Python of ComfyUI: its progress bars raise, and clear the flag, as the function here does.
TAKEN = """
import importlib.util, sys
from pathlib import Path

from comfy.cli_args import args
args.cpu = True
from comfy import model_management as comfyui

root = Path(sys.argv[1])
sys.modules["pack"] = pack = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("pack", None, is_package=True)
)
pack.__path__ = [str(root)]
from pack.host.cancel import PromptBatch

batch, other = PromptBatch(), PromptBatch()
try:
    with batch.keeping():
        raise ValueError
except ValueError:
    assert not batch.canceled()
comfyui.interrupt_current_processing()
try:
    with batch.keeping():
        comfyui.throw_exception_if_processing_interrupted()
except comfyui.InterruptProcessingException:
    assert not comfyui.processing_interrupted()
print(batch.canceled(), other.canceled())
"""


def test_a_cancel_that_a_progress_bar_takes_is_kept_for_the_other_items(comfyui):
    """An error of one item is not a cancel, and another prompt continues."""
    command = [str(comfyui.python), "-c", TAKEN, str(ROOT)]
    output = subprocess.check_output(command, cwd=comfyui.folder, text=True)
    assert "True False" == output.splitlines()[-1]


def test_a_list_of_equal_items_with_a_lost_response_is_bought_once(lost, new_graph, wan):
    """Each Run after it stops too, until a person gives the entry its task; then it collects."""
    graph = new_graph()
    add_list(graph, 6, wan, equal=True)
    for _ in range(3):
        assert "you may have been charged" in failure(graph.run())
    assert 1 == len(lost.submissions)

    task = uncertain(graph.server)
    *_, made = lost.tasks
    given = ref(task) | {"task_id": f'"task_id": "{made.id}",'}
    assert (200, {"task_id": made.id}) == post(graph.server, "/wan27/tasks/attach", given)
    assert None is failure(graph.run())
    assert 1 == len(lost.submissions)


def test_a_graph_that_is_queued_three_times_is_bought_once(lost, new_graph, wan, image):
    """The second and the third prompt stop too, although no one has read the first error."""
    graph = new_graph()
    graph.image_to_video(image, **wan())
    prompts = [graph.server.submit(graph.prompt) for _ in range(3)]
    for prompt_id in prompts:
        assert "you may have been charged" in failure(graph.server.wait(prompt_id))
    assert 1 == len(lost.submissions)


def test_a_node_that_does_not_wait_stops_at_an_uncertain_request(lost, new_graph, wan, image):
    """It outputs no id, since there may be no such task."""
    for wait in (True, False):
        graph = new_graph()
        folder = graph.image_to_video(image, **wan(wait=wait))
        assert "you may have been charged" in failure(graph.run())
        assert not folder.exists()
    assert 1 == len(lost.submissions)
    uncertain(graph.server)


def test_a_request_that_is_given_up_is_submitted_again(lost, new_graph, wan, image):
    """By the next Run, and once."""
    graph = new_graph()
    graph.image_to_video(image, **wan())
    assert "you may have been charged" in failure(graph.run())
    assert (200, {}) == post(graph.server, "/wan27/tasks/abandon", ref(uncertain(graph.server)))
    assert None is failure(graph.run())
    assert None is failure(graph.run())
    assert 2 == len(lost.submissions)


def test_a_deleted_video_is_downloaded_again_although_comfyui_cached_the_node(
    simulator, new_graph, wan
):
    """Any one of a list: a change behind our node runs the graph, and nothing is bought."""
    graph = new_graph()
    node = add_list(graph, 2, wan)
    save = graph.add("SaveVideo", video=[node, 3], filename_prefix="a", format="auto", codec="auto")
    assert None is failure(graph.run())
    for number, task in enumerate(list(simulator.tasks)[-2:]):
        video = graph.server.base / "output" / "wan27" / f"{task.id}.mp4"
        video.unlink()
        graph.prompt[save]["inputs"]["filename_prefix"] = f"again{number}"
        assert None is failure(graph.run())
        assert video.is_file()
    assert (2, 4) == (len(simulator.submissions), len(simulator.downloads))
