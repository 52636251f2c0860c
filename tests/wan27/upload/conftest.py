"""The environment of uploads: only the clouds that a test names."""

from __future__ import annotations

import os
import re

import pytest

CLOUD_VARIABLES = re.compile(r"(AWS|GOOGLE|AZURE)_|(https?|all|no)_proxy$", re.IGNORECASE)


@pytest.fixture
def environment(monkeypatch):
    """Remove this machine's own clouds and proxies; return the function that sets a variable."""
    for name in [name for name in os.environ if CLOUD_VARIABLES.match(name)]:
        monkeypatch.delenv(name)
    return monkeypatch.setenv
