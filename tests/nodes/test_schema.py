"""Frozen: the ids, sockets, order and defaults that workflows save."""

from __future__ import annotations

import re

import pytest

from wan27.errors import LABELS

pytestmark = pytest.mark.comfyui

SHARED = [
    "prompt",
    "negative_prompt",
    "resolution",
    "duration",
    "seed",
    "prompt_extend",
    "watermark",
    "decode_frames",
    "wait",
]
REQUIRED = {
    "Wan27ImageToVideo": ["first_frame"],
    "Wan27FirstLastFrame": ["first_frame", "last_frame"],
    "Wan27Continuation": [],
    "Wan27TaskPoll": ["task_id"],
}
AUDIO = ["driving_audio", "driving_audio_url"]
CLIP = ["first_clip", "clip_frames", "clip_fps", "first_clip_url", "last_frame"]
OPTIONAL = {
    "Wan27ImageToVideo": [*SHARED, *AUDIO],
    "Wan27FirstLastFrame": [*SHARED, *AUDIO],
    "Wan27Continuation": [*SHARED, *CLIP],
    "Wan27TaskPoll": ["decode_frames"],
}
DEFAULTS = {
    "prompt": "",
    "negative_prompt": "",
    "resolution": "720P",
    "duration": 5,
    "seed": 0,
    "prompt_extend": True,
    "watermark": False,
    "decode_frames": True,
    "wait": True,
    "driving_audio_url": "",
    "first_clip_url": "",
    "clip_fps": 30.0,
    "task_id": "",
}
ADVANCED = {  # the page hides them until they are used
    "Wan27ImageToVideo": ["prompt_extend", "watermark", "wait", "driving_audio_url"],
    "Wan27FirstLastFrame": ["prompt_extend", "watermark", "wait", "driving_audio_url"],
    "Wan27Continuation": ["prompt_extend", "watermark", "wait", "first_clip_url"],
    "Wan27TaskPoll": [],
}
TYPES = {
    "first_frame": "IMAGE",
    "last_frame": "IMAGE",
    "driving_audio": "AUDIO",
    "first_clip": "VIDEO",
    "clip_frames": "IMAGE",
    "duration": "INT",
    "seed": "INT",
    "prompt_extend": "BOOLEAN",
    "clip_fps": "FLOAT",
    "prompt": "STRING",
}


@pytest.fixture(scope="module")
def nodes(paid_server):
    return paid_server.object_info()


def inputs(node):
    return {**node["input"].get("required", {}), **node["input"].get("optional", {})}


@pytest.mark.parametrize("node_id", REQUIRED)
def test_the_sockets_and_their_order_are_frozen(nodes, node_id):
    """Widgets are saved by position: a change breaks every saved workflow."""
    order = nodes[node_id]["input_order"]
    assert (REQUIRED[node_id], OPTIONAL[node_id]) == (order["required"], order.get("optional", []))


@pytest.mark.parametrize("node_id", REQUIRED)
def test_the_outputs_and_their_order_are_frozen(nodes, node_id):
    """All four nodes have the same six."""
    assert ["frames", "audio", "fps", "video", "last_frame", "task_id"] == nodes[node_id][
        "output_name"
    ]
    assert ["IMAGE", "AUDIO", "FLOAT", "VIDEO", "IMAGE", "STRING"] == nodes[node_id]["output"]


@pytest.mark.parametrize("node_id", REQUIRED)
def test_every_input_has_its_type_its_default_and_a_tooltip(nodes, node_id):
    """Users read about limits and costs in the tooltips, and which settings a value needs."""
    for name, (kind, options) in inputs(nodes[node_id]).items():
        assert TYPES.get(name, kind) == kind
        assert DEFAULTS.get(name) == options.get("default")
        assert len(options.get("tooltip", "")) > 30, name
        assert set(re.findall("“(.+?)”", options["tooltip"])) <= set(LABELS.values()), name
        assert (name in ADVANCED[node_id]) == bool(options.get("advanced")), name
    assert len(nodes[node_id]["description"]) > 50


def test_the_widgets_have_the_limits(nodes):
    """ComfyUI refuses a value out of range before the node runs."""
    given = inputs(nodes["Wan27ImageToVideo"])
    assert (2, 15) == (given["duration"][1]["min"], given["duration"][1]["max"])
    assert (0, 2147483647) == (given["seed"][1]["min"], given["seed"][1]["max"])
    assert ["720P", "1080P"] == given["resolution"][1]["options"]


@pytest.mark.parametrize("node_id", [node_id for node_id in REQUIRED if node_id != "Wan27TaskPoll"])
def test_a_run_does_not_change_the_seed(nodes, node_id):
    """With another seed, each Run would buy a new video."""
    assert "fixed" == inputs(nodes[node_id])["seed"][1]["control_after_generate"]


@pytest.mark.parametrize("node_id", REQUIRED)
def test_the_nodes_are_neither_partner_nor_output_nodes(nodes, node_id):
    """A partner node gets the Comfy.org token; an output node runs, and buys, unconnected."""
    node = nodes[node_id]
    assert (False, False, "Wan 2.7", False) == (
        node["api_node"],
        node["output_node"],
        node["category"],
        node["deprecated"],
    )
