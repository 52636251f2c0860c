"""Without a key and without cost: the simulator inside the pack, with pictures it renders itself, and the example workflow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scripts.client import failure
from scripts.workflow import to_prompt

from .conftest import probe

pytestmark = pytest.mark.comfyui

WORKFLOWS = Path(__file__).parent.parent.parent / "example_workflows"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.json")), ids=lambda path: path.name)
def test_every_example_workflow_runs(serving_server, simulator, example_files, path):
    """As a user would open it: no node is missing, every widget fits, and it saves a video."""
    assert [] != saved_videos(serving_server, example_files, path)
    assert [] != simulator.submissions


def test_an_example_workflow_runs_in_the_simulator_of_the_pack(server, example_files):
    """The same, free of charge, with a video that the pack itself renders."""
    assert [] != saved_videos(server, example_files, WORKFLOWS / "image_to_video.json")


def saved_videos(server, files, path):
    """Run a workflow, with short videos, and return the names of the mp4 files that it saves."""
    shutil.copytree(files, server.base / "input", dirs_exist_ok=True)
    prompt = to_prompt(json.loads(path.read_text("utf-8")), server.object_info())
    for node in prompt.values():
        if "duration" in node["inputs"]:
            node["inputs"]["duration"] = min(node["inputs"]["duration"], 4)
    entry = server.run(prompt)
    assert None is failure(entry)
    outputs = [kind for output in entry["outputs"].values() for kind in output.values()]
    files = [file["filename"] for kind in outputs for file in kind if isinstance(file, dict)]
    return [name for name in files if name.endswith(".mp4")]


def test_a_loop_begins_and_ends_with_its_picture(server, new_graph, wan):
    """First-last-frame with one picture twice, rendered for real: both ends show it."""
    tone = np.tile(
        np.linspace(0.2, 0.8, 1280, dtype=np.float32)[None, None, :, None], (1, 720, 1, 3)
    )
    graph = new_graph(server)
    image = graph.image(tone)
    folder = graph.save(
        graph.add("Wan27FirstLastFrame", first_frame=image, last_frame=image, **wan()),
        "frames",
        "last_frame",
    )
    assert None is failure(graph.run())
    frames = np.load(folder / "frames.npy")
    assert (60, 720, 1280, 3) == frames.shape
    for frame in (frames[0], frames[-1]):
        assert np.abs(frame[100:500, 100:-100] - tone[0, 100:500, 100:-100]).mean() < 0.01


def test_a_continuation_begins_with_its_clip(server, new_graph, wan, video):
    """The clip's frames stand at the beginning, and the whole is as long as asked."""
    shutil.copy(video, server.base / "input" / "clip.mp4")
    graph = new_graph(server)
    url = f"{server.url}/view?filename=clip.mp4&type=input"
    folder = graph.save(
        graph.add("Wan27Continuation", first_clip_url=url, **wan(duration=3)), "frames", "fps"
    )
    assert None is failure(graph.run())
    assert (90, 30.0) == (len(np.load(folder / "frames.npy")), probe(folder)["fps"])
