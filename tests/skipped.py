"""Skipping a test for what a developer's machine may lack, and CI must not."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest


@contextmanager
def skipped_without(what, *errors):
    """Skip the test with the reason where the block raises one of `errors`; in CI it fails."""
    try:
        yield
    except errors as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NO {what}, so this was not tested: {error}")
