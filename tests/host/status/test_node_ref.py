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
        SimpleNamespace(unique_id="5:12", extra_pnginfo=info)
    )
    assert ("5:12", workflow_id) == (node.node_id, node.workflow_id)
