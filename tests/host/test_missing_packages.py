"""The error for a missing package."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest


def test_a_missing_package_is_reported_with_the_command_that_installs_it(pack):
    """The command names ComfyUI's own Python and this pack's requirements."""
    with (
        pytest.raises(
            pack("wan27.errors").NotInstalled,
            match="The Python package no_such_package is not installed",
        ) as error,
        pack("host.missing_packages").explain_missing_packages(),
    ):
        importlib.import_module("no_such_package")
    python, file = str(error.value).rsplit(": ", 1)[1].split(" -m pip install -r ")
    assert (sys.executable, True) == (python.strip('"'), Path(file.strip('"')).is_file())


def test_a_missing_file_of_the_pack_is_not_blamed_on_a_package(pack):
    """Installing packages would not bring it back."""
    with (
        pytest.raises(ModuleNotFoundError),
        pack("host.missing_packages").explain_missing_packages(),
    ):
        pack("host.no_such_file")
