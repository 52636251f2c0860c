"""Our nodes where other nodes make them: in loops and expansions, which no page shows."""

from __future__ import annotations

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import saved

pytestmark = pytest.mark.comfyui

SUBGRAPH = "7:12"  # how ComfyUI names a node inside a subgraph


@pytest.fixture
def run_expanded(paid_server, new_graph, wan, image):
    """Return a function that runs a node that makes ours, and returns its end and the events."""

    def run(node_id="2", **given):
        graph = new_graph()
        image_of = graph.image(image)
        graph.prompt[node_id] = {
            "class_type": "ProbeExpand",
            "inputs": {"image": image_of, "prompt": wan()["prompt"], "seed": 0, "depth": 0}
            | {"shown_as": ""}
            | given,
        }
        folder = graph.folder / "saved"
        graph.add("ProbeSave", folder=str(folder), task_id=[node_id, 0])
        with paid_server.events() as events:
            error = failure(graph.run())
            events.wait_for_end()
        return error, folder, events

    return run


@pytest.mark.parametrize(
    ("node_id", "given", "seen"),
    [
        ("2", {}, "2"),
        (SUBGRAPH, {"depth": 2}, SUBGRAPH),
        ("2", {"shown_as": "1"}, "1"),
        (SUBGRAPH, {"shown_as": "of another workflow"}, SUBGRAPH),
    ],
)
def test_the_status_is_that_of_the_node_that_the_user_sees(
    simulator, run_expanded, node_id, given, seen
):
    """Whichever makes it at any depth, or is repeated by it; the bar and the text too."""
    error, folder, events = run_expanded(node_id, **given)
    assert None is error
    statuses = [event.data for event in events.of("wan27.status")]
    assert ({seen}, "done") == ({each["node_id"] for each in statuses}, statuses[-1]["phase"])
    assert saved(folder)["task_id"] == statuses[-1]["task_id"]
    assert [] != events.texts(seen)
    assert events.texts() == events.texts(seen)


def test_the_error_is_that_of_the_node_that_the_user_sees(simulator, run_expanded):
    """With the remedy that its card offers."""
    refusal = Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE")
    simulator.script.faults.append(refusal)
    error, _, events = run_expanded(SUBGRAPH, depth=1)
    event = events.wait_for("wan27.error").data
    assert (SUBGRAPH, "top_up", error) == (event["node_id"], event["action"], event["message"])


def test_a_deleted_video_is_downloaded_again_in_an_expansion(simulator, run_expanded, paid_server):
    """The node that makes ours runs again for another reason; nothing is bought twice."""
    for shown_as in ("", "1"):
        error, folder, _ = run_expanded(shown_as=shown_as)
        assert None is error
        video = paid_server.base / "output" / "wan27" / f"{saved(folder)['task_id']}.mp4"
        video.unlink()
    assert (1, 2) == (len(simulator.submissions), len(simulator.downloads))
