"""The JSON of a request, which is written block by block."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wan27.api import connections

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture
def blocks_of_two(monkeypatch):
    """Texts as long as an image are not needed."""
    monkeypatch.setattr(connections, "_BLOCK_CHARACTERS", 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_it_is_what_the_standard_library_writes(blocks_of_two, value):
    """To the byte, wherever a text is cut."""
    assert json.dumps(value).encode() == connections.json_body(value)
