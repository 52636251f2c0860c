"""A package that is missing is told with the command that installs it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest


def test_a_missing_package_is_told_with_the_command(pack):
    """ComfyUI's own Python, and this pack's list."""
    with (
        pytest.raises(
            pack("wan27.errors").NotInstalled, match="The Python package no_such_package is missing"
        ) as told,
        pack("host.missing_packages").required(),
    ):
        importlib.import_module("no_such_package")
    python, file = str(told.value).rsplit(": ", 1)[1].split(" -m pip install -r ")
    assert (sys.executable, True) == (python.strip('"'), Path(file.strip('"')).is_file())


def test_a_missing_file_of_our_own_is_not_blamed_on_a_package(pack):
    """Another installation of packages would not bring it back."""
    with pytest.raises(ModuleNotFoundError), pack("host.missing_packages").required():
        pack("host.no_such_file")
