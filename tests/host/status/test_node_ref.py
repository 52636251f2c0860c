"""The node and the workflow that a run is for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("info", "workflow_id"),
    [
        ({"workflow": {"id": "flow-1", "nodes": []}}, "flow-1"),
        ({"workflow": {}}, None),
        ({"workflow": {"id": 7}}, None),
        ({"workflow": "flow-1"}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_the_workflow_is_the_one_that_the_page_sent(pack, info, workflow_id):
    """A run without a page has none, nor has one whose page sends something else."""
    node = pack("host.status.events").node_ref(
        SimpleNamespace(unique_id="5:12", dynprompt=None, extra_pnginfo=info)
    )
    assert ("5:12", workflow_id) == (node.node_id, node.workflow_id)


PARENTS = {"5:12.0.0.1": "5:12", "5:12.0.0.1.0.0.3": "5:12.0.0.1", "9.0.0.2": "9", "9.0.0.4": "9"}
SHOWN_AS = PARENTS | {"9.0.0.2": "5:12", "9.0.0.4": "gone"}


class Prompt:
    """ComfyUI's `DynamicPrompt`: the page sent 5:12 and 9, which made the others."""

    def get_original_prompt(self):
        return {"5:12": {}, "9": {}}

    def get_display_node_id(self, node_id):
        return first(SHOWN_AS, node_id)

    def get_real_node_id(self, node_id):
        return first(PARENTS, node_id)


def first(above, node_id):
    while node_id in above:
        node_id = above[node_id]
    return node_id


@pytest.mark.parametrize(
    ("run_id", "seen"),
    [
        ("9", "9"),
        ("5:12", "5:12"),
        ("5:12.0.0.1.0.0.3", "5:12"),
        ("9.0.0.2", "5:12"),
        ("9.0.0.4", "9"),
    ],
)
def test_a_node_that_another_one_makes_is_shown_where_the_user_sees_it(pack, run_id, seen):
    """On the node that a loop repeats, or else on the one that made it; it runs as itself."""
    node = pack("host.status.events").node_ref(
        SimpleNamespace(unique_id=run_id, dynprompt=Prompt(), extra_pnginfo=None)
    )
    assert (seen, run_id, seen) == (node.node_id, node.run_id, node.payload["node_id"])
