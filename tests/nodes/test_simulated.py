"""The example workflows, and the simulator of the pack with the videos that it renders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scripts.client import failure
from scripts.workflow import to_prompt

from .frontend_api import newest, post, ref, state_folder

pytestmark = pytest.mark.comfyui

WORKFLOWS = Path(__file__).parent.parent.parent / "example_workflows"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.json")), ids=lambda path: path.name)
def test_every_example_workflow_runs(serving_server, simulator, example_files, path):
    """No node is missing, every widget fits, and a video is saved; its task opens it again."""
    assert [] != saved_videos(serving_server, example_files, path)
    assert [] != simulator.submissions
    status, kept = post(serving_server, "/wan27/tasks/workflow", ref(newest(serving_server)))
    workflow = json.loads(path.read_text("utf-8"))
    buying = {str(node["id"]) for node in workflow["nodes"] if node["type"].startswith("Wan27")}
    assert (200, workflow, True) == (status, kept["workflow"], kept["node_id"] in buying)


def test_an_example_workflow_runs_in_the_simulator(server, example_files):
    """Free of charge, with a rendered video; without metadata no workflow is kept."""
    path = WORKFLOWS / "Wan27 Image to Video.json"
    assert [] != saved_videos(server, example_files, path, longest=2)
    assert not newest(server)["workflow"]
    assert not (state_folder(server) / "workflows").exists()


def saved_videos(server, files, path, longest=4):
    """Run a workflow with short videos, as the page does; return the mp4 files that it saves."""
    shutil.copytree(files, server.base / "input", dirs_exist_ok=True)
    workflow = json.loads(path.read_text("utf-8"))
    prompt = to_prompt(workflow, server.object_info())
    for node in prompt.values():
        if "duration" in node["inputs"]:
            node["inputs"]["duration"] = min(node["inputs"]["duration"], longest)
    entry = server.wait(server.submit(prompt, {"extra_pnginfo": {"workflow": workflow}}))
    assert None is failure(entry)
    outputs = [kind for output in entry["outputs"].values() for kind in output.values()]
    names = [file["filename"] for kind in outputs for file in kind if isinstance(file, dict)]
    return [name for name in names if name.endswith(".mp4")]


def test_a_loop_ends_with_its_image(server, new_graph, wan):
    """First-Last-Frame with one image twice, whose colors come back through encoder and decoder."""
    ramp = np.linspace(0.2, 0.8, 1280, dtype=np.float32)
    gray = np.tile(ramp[None, None, :, None], (1, 720, 1, 3))
    graph = new_graph(server)
    image = graph.image(gray)
    node = graph.add("Wan27FirstLastFrame", first_frame=image, last_frame=image, **wan())
    folder = graph.save(node, "last_frame")
    assert None is failure(graph.run())
    (frame,) = np.load(folder / "last_frame.npy")
    assert (720, 1280, 3) == frame.shape
    assert np.abs(frame[100:500, 100:-100] - gray[0, 100:500, 100:-100]).mean() < 0.01
