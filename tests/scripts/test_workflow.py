"""Workflow files become the prompts that the editor would make of them."""

from __future__ import annotations

import pytest

from scripts.widgets import WorkflowUnfit
from scripts.workflow import to_prompt

LOADER = {
    "input": {"required": {"image": [["a.png", "b.png"], {"image_upload": True}]}},
    "input_order": {"required": ["image"]},
}
MAKER = {
    "input": {
        "required": {
            "image": ["IMAGE", {}],
            "seed": ["INT", {}],
            "size": ["COMBO", {"options": ["S", "L"]}],
        },
        "optional": {
            "text": ["STRING", {}],
            "rate": ["FLOAT", {"forceInput": True}],
            "fixed": ["INT", {"control_after_generate": "fixed"}],
        },
    },
    "input_order": {"required": ["image", "size", "seed"], "optional": ["text", "rate", "fixed"]},
}
ENCODING = [
    "COMFY_DYNAMICCOMBO_V3",
    {
        "options": [
            {"key": "auto", "inputs": {}},
            {"key": "custom", "inputs": {"required": {"crf": ["FLOAT", {}]}}},
        ]
    },
]
CODEC = [
    "COMFY_DYNAMICCOMBO_V3",
    {
        "options": [
            {"key": "auto", "inputs": {}},
            {"key": "h264", "inputs": {"optional": {"encoding": ENCODING}}},
        ]
    },
]
WRITER = {
    "input": {
        "required": {"codec": CODEC, "name": ["STRING", {}]},
        "optional": {"new": ["INT", {}]},
    }
}
SAVER = {"input": {"required": {"images": ["IMAGE"]}}}
INFO = {
    name: {"display_name": name.title(), **info}
    for name, info in {
        "loader": LOADER,
        "maker": MAKER,
        "writer": WRITER,
        "saver": SAVER,
        "blur": SAVER,
    }.items()
}
VALUES = ["L", 7, "fixed", "hello", 3, "fixed"]


def node(node_id, kind, inputs=(), widgets=(), *, mode=0, outputs=("IMAGE",)):
    """Return a node as the editor saves it; `inputs` are (name, type, link)."""
    sockets = [{"name": name, "type": of_type, "link": link} for name, of_type, link in inputs]
    outs = [{"name": kind, "type": kind} for kind in outputs]
    return {
        "id": node_id,
        "type": kind,
        "mode": mode,
        "inputs": sockets,
        "outputs": outs,
        "widgets_values": list(widgets),
    }


def inputs_of(*nodes, links=()):
    """Return the converted prompt's inputs by node id."""
    return {
        key: entry["inputs"]
        for key, entry in to_prompt({"nodes": list(nodes), "links": list(links)}, INFO).items()
    }


def test_widget_values_have_the_order_of_the_server():
    """Required then optional, in input_order; sockets and the editor's own values are skipped."""
    prompt = inputs_of(
        node(1, "loader", widgets=["b.png", "image"]),
        node(2, "maker", [("image", "IMAGE", 5), ("rate", "FLOAT", None)], VALUES),
        links=[[5, 1, 0, 2, 0, "IMAGE"]],
    )
    assert {
        "1": {"image": "b.png"},
        "2": {"image": ["1", 0], "size": "L", "seed": 7, "text": "hello", "fixed": 3},
    } == prompt


def test_a_linked_widget_keeps_its_value_in_the_list():
    """The link overrides it."""
    prompt = inputs_of(
        node(1, "maker", widgets=VALUES),
        node(2, "maker", [("text", "STRING", 9)], VALUES),
        links=[[9, 1, 0, 2, 1, "STRING"]],
    )
    assert ["1", 0] == prompt["2"]["text"]
    assert 3 == prompt["2"]["fixed"]


def test_links_through_reroutes_and_bypassed_nodes_are_followed():
    """They lead to the upstream node, which alone is in the prompt."""
    prompt = inputs_of(
        node(1, "loader", widgets=["a.png", "image"]),
        node(2, "Reroute", [("", "*", 1)]),
        node(3, "blur", [("images", "IMAGE", 2)], mode=4),
        node(4, "saver", [("images", "IMAGE", 3)]),
        links=[
            [1, 1, 0, 2, 0, "*"],
            [2, 2, 0, 3, 0, "IMAGE"],
            {"id": 3, "origin_id": 3, "origin_slot": 0},
        ],
    )
    assert {"1": {"image": "a.png"}, "4": {"images": ["1", 0]}} == prompt


def test_muted_nodes_and_notes_are_left_out():
    """A node downstream of a muted one loses that input, as in the editor."""
    prompt = inputs_of(
        node(1, "loader", widgets=["a.png", "image"], mode=2),
        node(2, "saver", [("images", "IMAGE", 1)]),
        node(3, "MarkdownNote", widgets=["read me"]),
        links=[[1, 1, 0, 2, 0, "IMAGE"]],
    )
    assert {"2": {}} == prompt


def test_the_value_of_a_primitive_becomes_the_input():
    """It is a node of the editor, not of the server."""
    prompt = inputs_of(
        node(1, "PrimitiveNode", widgets=[11, "fixed"]),
        node(2, "maker", [("seed", "INT", 1)], VALUES),
        links=[[1, 1, 0, 2, 0, "INT"]],
    )
    assert 11 == prompt["2"]["seed"]


def test_values_by_name_and_lists_are_read():
    """Some packs save an object.

    A value that is a list is wrapped, because a bare one is a link.
    """
    maker = node(1, "maker") | {"widgets_values": {"seed": 5, "text": ["a", 1], "unknown": 0}}
    assert {"1": {"seed": 5, "text": {"__value__": ["a", 1]}}} == inputs_of(maker)


@pytest.mark.parametrize(
    ("widgets", "expected"),
    [
        (["auto", "clip"], {"codec": "auto", "name": "clip"}),
        (
            ["h264", "auto", "clip", 5],
            {"codec": "h264", "codec.encoding": "auto", "name": "clip", "new": 5},
        ),
        (
            ["h264", "custom", 21.5, "clip"],
            {
                "codec": "h264",
                "codec.encoding": "custom",
                "codec.encoding.crf": 21.5,
                "name": "clip",
            },
        ),
    ],
)
def test_an_option_of_a_dynamic_combo_adds_its_own_widgets(widgets, expected):
    """They follow it; a new optional widget may have no value."""
    assert {"1": expected} == inputs_of(node(1, "writer", widgets=widgets))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (node(8, "missing"), "Node 8 is a missing, which this server does not know"),
        (
            node(8, "maker", widgets=VALUES[:1]),
            r"Node 8 \(maker\) has 1 widget values, but .* version has 4 widgets \(size, seed",
        ),
        (
            node(8, "loader", widgets=["a.png", "image", "more"]),
            "has 3 widget values, but this server's version has 2",
        ),
        (
            node(8, "writer", widgets=["av2", "clip"]),
            r"Node 8 \(writer\): codec is 'av2', not one of auto, h264\.",
        ),
        (node(8, "saver", [("images", "IMAGE", 77)]), "link 77 is used but not listed"),
    ],
)
def test_an_error_names_the_node_that_does_not_fit(bad, message):
    """An unknown node, a wrong number of widgets, and a link that is not listed."""
    with pytest.raises(WorkflowUnfit, match=message):
        inputs_of(bad)
