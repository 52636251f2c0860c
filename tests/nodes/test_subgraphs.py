"""The blueprints: served by ComfyUI, consistent, and each saves a video."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.client import failure
from scripts.workflow import to_prompt

pytestmark = pytest.mark.comfyui

BLUEPRINTS = sorted((Path(__file__).parent.parent.parent / "subgraphs").glob("*.json"))
INPUT, OUTPUT = -10, -20  # the ids of a subgraph's own inputs and outputs
LOADERS = {
    "IMAGE": ("LoadImage", ["example.png", "image"]),
    "AUDIO": ("LoadAudio", ["wan27_voice.mp3", None, None]),
}


@pytest.fixture(params=BLUEPRINTS, ids=lambda path: path.stem)
def blueprint(request):
    return json.loads(request.param.read_text("utf-8"))


def test_the_node_of_a_blueprint_has_the_sockets_of_its_subgraph(blueprint):
    """The editor shows one node; it and the nodes inside name our pack."""
    (node,), (inside,) = blueprint["nodes"], blueprint["definitions"]["subgraphs"]
    assert (inside["id"], inside["name"], "wan27") == (
        node["type"],
        node["title"],
        node["properties"]["cnr_id"],
    )
    for side in ("inputs", "outputs"):
        shown = [
            [(socket["name"], socket["type"], label(socket)) for socket in each[side]]
            for each in (inside, node)
        ]
        assert shown[0] == shown[1]
        assert [] == [text for _, _, text in shown[0] if "_" in text]
    packs = {
        "wan27" if each["type"].startswith("Wan27") else "comfy-core": each["properties"]["cnr_id"]
        for each in inside["nodes"]
    }
    assert [] == [kind for kind, pack in packs.items() if kind != pack]


def test_every_widget_of_a_blueprint_is_linked_to_a_node(blueprint):
    """An outer widget is linked to an inner one of the same type."""
    (inside,) = blueprint["definitions"]["subgraphs"]
    sockets = {
        (node["id"], index): socket
        for node in inside["nodes"]
        for index, socket in enumerate(node["inputs"])
    }
    for link in inside["links"]:
        if link["origin_id"] == INPUT:
            socket = sockets[link["target_id"], link["target_slot"]]
            outer = blueprint["nodes"][0]["inputs"][link["origin_slot"]]
            assert (outer["type"], "widget" in outer, link["id"]) == (
                socket["type"],
                "widget" in socket,
                socket["link"],
            )


def test_every_blueprint_runs(serving_server, simulator, example_files, blueprint):
    """With an image and a voice on its sockets it saves a video."""
    shutil.copytree(example_files, serving_server.base / "input", dirs_exist_ok=True)
    prompt = to_prompt(opened(blueprint), serving_server.object_info())
    generating = [node for node in prompt.values() if "duration" in node["inputs"]]
    for duration, node in enumerate(generating, 2):
        node["inputs"]["duration"] = duration
    entry = serving_server.run(prompt)
    assert None is failure(entry)
    assert [] != simulator.submissions
    assert "SaveVideo" in {prompt[node_id]["class_type"] for node_id in entry["outputs"]}


def label(socket):
    """Return what the editor shows for a socket; it translates nothing of a subgraph."""
    return socket.get("label", socket["name"])


def opened(blueprint):
    """Return the subgraph as a workflow, with loaders for its inputs and a Save Video behind it."""
    (inside,) = blueprint["definitions"]["subgraphs"]
    nodes, links = list(inside["nodes"]), []
    for link in inside["links"]:
        node_id = 1000 + link["id"]
        if link["origin_id"] == INPUT and link["type"] in LOADERS:
            nodes.append(loader(node_id, link["type"]))
            links.append(link | {"origin_id": node_id, "origin_slot": 0})
        elif link["origin_id"] == INPUT:  # the widget keeps the value of the blueprint
            nodes = [without(node, link["id"]) for node in nodes]
        elif link["target_id"] == OUTPUT and link["type"] == "VIDEO":
            nodes.append(save_video(node_id, link["id"]))
            links.append(link | {"target_id": node_id, "target_slot": 0})
        elif link["target_id"] != OUTPUT:
            links.append(link)
    return {"nodes": nodes, "links": links}


def loader(node_id, kind):
    """Return a node that loads an image or audio."""
    node_type, values = LOADERS[kind]
    outputs = [{"type": kind}]
    node = {"id": node_id, "type": node_type, "inputs": [], "outputs": outputs}
    return node | {"widgets_values": values}


def save_video(node_id, link_id):
    """Return a Save Video node behind a link."""
    inputs = [{"name": "video", "type": "VIDEO", "link": link_id}]
    values = ["wan27/blueprint", "auto", "auto"]
    return {"id": node_id, "type": "SaveVideo", "inputs": inputs, "widgets_values": values}


def without(node, link_id):
    """Return a node whose socket on this link is open."""

    def opened_socket(socket):
        return socket | {"link": None} if socket.get("link") == link_id else socket

    return node | {"inputs": [opened_socket(socket) for socket in node["inputs"]]}
