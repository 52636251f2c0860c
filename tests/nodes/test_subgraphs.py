"""The blueprints: ComfyUI hands them out, and each runs as a user would use it, with pictures and sound on its sockets and its video saved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.client import failure
from scripts.workflow import to_prompt

pytestmark = pytest.mark.comfyui

BLUEPRINTS = sorted((Path(__file__).parent.parent.parent / "subgraphs").glob("*.json"))
INPUT, OUTPUT = -10, -20  # the ids of a subgraph's two edges
LOADERS = {
    "IMAGE": ("LoadImage", ["example.png", "image"]),
    "AUDIO": ("LoadAudio", ["voice.wav", None, None]),
}


@pytest.fixture(params=BLUEPRINTS, ids=lambda path: path.stem)
def blueprint(request):
    return json.loads(request.param.read_text("utf-8"))


def test_comfyui_hands_out_every_blueprint(server):
    """They stand in the node library beside ComfyUI's own, each with its content."""
    listed = server.get("/global_subgraphs")
    ours = {entry["name"]: key for key, entry in listed.items() if entry["source"] == "custom_node"}
    assert {path.stem for path in BLUEPRINTS} == set(ours)
    for path in BLUEPRINTS:
        assert path.read_text("utf-8") == server.get(f"/global_subgraphs/{ours[path.stem]}")["data"]


def test_a_blueprint_is_one_node_whose_sockets_are_its_subgraphs(blueprint):
    """The editor takes a blueprint for one node; what that shows and what lies inside must agree, and both name our pack."""
    (node,), (inside,) = blueprint["nodes"], blueprint["definitions"]["subgraphs"]
    assert (inside["id"], inside["name"], "wan27") == (
        node["type"],
        node["title"],
        node["properties"]["cnr_id"],
    )
    for side in ("inputs", "outputs"):
        assert [(socket["name"], socket["type"]) for socket in inside[side]] == [
            (socket["name"], socket["type"]) for socket in node[side]
        ]
    packs = {
        "wan27" if each["type"].startswith("Wan27") else "comfy-core": each["properties"]["cnr_id"]
        for each in inside["nodes"]
    }
    assert [] == [kind for kind, pack in packs.items() if kind != pack]


def test_every_widget_of_a_blueprint_reaches_a_node(blueprint):
    """A widget on the outside is linked to the widget inside that it shows, of the same type."""
    (inside,) = blueprint["definitions"]["subgraphs"]
    sockets = {
        (node["id"], place): socket
        for node in inside["nodes"]
        for place, socket in enumerate(node["inputs"])
    }
    for link in inside["links"]:
        if link["origin_id"] == INPUT:
            socket = sockets[link["target_id"], link["target_slot"]]
            outside = blueprint["nodes"][0]["inputs"][link["origin_slot"]]
            assert (outside["type"], "widget" in outside, link["id"]) == (
                socket["type"],
                "widget" in socket,
                socket["link"],
            )


def test_every_blueprint_runs(serving_server, simulator, example_files, blueprint):
    """With a picture and a voice on its sockets, it saves a video."""
    shutil.copytree(example_files, serving_server.base / "input", dirs_exist_ok=True)
    prompt = to_prompt(opened(blueprint), serving_server.object_info())
    for length, node in enumerate(
        (node for node in prompt.values() if "duration" in node["inputs"]), 2
    ):
        node["inputs"]["duration"] = length
    entry = serving_server.run(prompt)
    assert [] != simulator.submissions
    assert None is failure(entry)
    saved = [
        output
        for node_id, output in entry["outputs"].items()
        if prompt[node_id]["class_type"] == "SaveVideo"
    ]
    assert [] != saved


def opened(blueprint):
    """The subgraph as a workflow of its own, with loaders where its inputs and Save Video where its video leave it."""
    (inside,) = blueprint["definitions"]["subgraphs"]
    nodes, links = list(inside["nodes"]), []
    for link in inside["links"]:
        node_id = 1000 + link["id"]
        if link["origin_id"] == INPUT and link["type"] in LOADERS:
            kind, values = LOADERS[link["type"]]
            nodes.append(
                {
                    "id": node_id,
                    "type": kind,
                    "inputs": [],
                    "outputs": [{"type": link["type"]}],
                    "widgets_values": values,
                }
            )
            links.append(link | {"origin_id": node_id, "origin_slot": 0})
        elif link["target_id"] == OUTPUT and link["type"] == "VIDEO":
            sockets = [{"name": "video", "type": "VIDEO", "link": link["id"]}]
            nodes.append(
                {
                    "id": node_id,
                    "type": "SaveVideo",
                    "inputs": sockets,
                    "widgets_values": ["wan27/blueprint", "auto", "auto"],
                }
            )
            links.append(link | {"target_id": node_id, "target_slot": 0})
        elif INPUT == link["origin_id"]:
            nodes = [
                without(node, link["id"]) for node in nodes
            ]  # its own value stands, as the blueprint has it
        elif OUTPUT != link["target_id"]:
            links.append(link)
    return {"nodes": nodes, "links": links}


def without(node, link):
    return node | {
        "inputs": [
            socket | {"link": None} if socket.get("link") == link else socket
            for socket in node["inputs"]
        ]
    }
