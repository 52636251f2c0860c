"""What a program reads in the history: the README's prompt, lists, a cached Run, a failure."""

from __future__ import annotations

import json
import re

import httpx
import numpy as np
import pytest

from scripts.client import failure
from scripts.environment import ROOT
from tests.simulator import Fault

pytestmark = pytest.mark.comfyui

README = (ROOT / "README.md").read_text("utf-8")


def facts(entry, node):
    """Return what the history says of our node, without the name in front."""
    outputs = entry["outputs"][node]
    assert [True] == outputs["animated"][:1]
    files = [f"{each['subfolder']}/{each['filename']}" for each in outputs["images"]]
    ours = {name[6:]: each for name, each in outputs.items() if name.startswith("wan27_")}
    assert files == [file for file in ours["file"] if file]
    return ours


def test_the_prompt_of_the_readme_runs_as_it_is_written(simulator, paid_server, example_files):
    """After the upload of its image; the same prompt again reports the same and buys nothing."""
    (text,) = re.findall(r"""/prompt .*-d '(\{"prompt".*?)'\n""", README, re.DOTALL)
    page = (ROOT / "docs" / "headless.md").read_text("utf-8")
    assert text in page
    with (example_files / "example.png").open("rb") as file:
        response = httpx.post(f"{paid_server.url}/upload/image", files={"image": file}, timeout=60)
    assert "example.png" == response.json()["name"]

    entry = paid_server.wait(paid_server.post("/prompt", json.loads(text))["prompt_id"])
    assert None is failure(entry)
    (task,) = list(simulator.tasks)[-1:]
    expected = {
        "task_id": [task.id],
        "state": ["finished"],
        "cost": [""],  # Novita publishes no price
        "file": [f"wan27/{task.id}.mp4"],
    }
    assert expected == facts(entry, "2")
    assert (paid_server.base / "output" / "wan27" / f"{task.id}.mp4").is_file()

    body = json.loads(text) | {"client_id": "a program"}
    again = paid_server.wait(paid_server.post("/prompt", body)["prompt_id"])
    if "has_intermediate_output" in paid_server.object_info()["Wan27ImageToVideo"]:
        assert expected == facts(again, "2")
    assert 1 == len(simulator.submissions)


def test_a_list_that_does_not_wait_is_collected_by_task_poll(simulator, new_graph, wan, image):
    """Each item has its values, running at first; then each task is collected by its id."""
    simulator.script.working_seconds = 600
    graph = new_graph()
    batch = graph.image(np.concatenate([image, image[:, ::-1]]))
    items = graph.add("RebatchImages", images=batch, batch_size=1)
    node = graph.add("Wan27ImageToVideo", first_frame=[items, 0], **wan(wait=False))
    graph.add("PreviewAny", source=[node, 5])
    entry = graph.run()
    assert None is failure(entry)
    ids = [task.id for task in list(simulator.tasks)[-2:]]
    ours = facts(entry, node)
    assert sorted(ids) == sorted(ours["task_id"])
    assert [["running"] * 2, ["", ""]] == [ours["state"], ours["file"]]

    for task in simulator.tasks:
        task.working_seconds = 0
    poll = new_graph()
    node = poll.add("Wan27TaskPoll", task_id=ids[0], decode_frames=False)
    poll.add("PreviewAny", source=[node, 5])
    ours = facts(poll.run(), node)
    assert [[ids[0]], ["finished"]] == [ours["task_id"], ours["state"]]


def test_a_failed_run_names_its_task(simulator, new_graph, wan, image):
    """In the history too: the message is the one that a person reads."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="out of memory"))
    graph = new_graph()
    graph.image_to_video(image, **wan())
    entry = graph.run()
    (task,) = list(simulator.tasks)[-1:]
    assert "error" == entry["status"]["status_str"]
    assert "The task failed at Novita: out of memory" in failure(entry)
    assert failure(entry).endswith(f" (Task {task.id})")
