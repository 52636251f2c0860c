"""Which node of which workflow a run is for."""

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
def test_the_workflow_is_the_one_that_the_page_sent_along(pack, info, workflow_id):
    """A run without a page, and one whose page sends something else, has none."""
    place = pack("host.status.events").place_of(
        SimpleNamespace(unique_id="5:12", extra_pnginfo=info)
    )
    assert ("5:12", workflow_id) == (place.node_id, place.workflow_id)
