"""The pack under the name that ComfyUI gives it."""

from __future__ import annotations

import asyncio
import sys

import pytest


def test_only_the_entry_point_is_loaded(pack):
    """It has the web folder and the entry point, no V1 mapping, and imports nothing heavy."""
    module = pack()
    assert ("./web", True, False) == (
        module.WEB_DIRECTORY,
        asyncio.iscoroutinefunction(module.comfy_entrypoint),
        hasattr(module, "NODE_CLASS_MAPPINGS"),
    )


def test_the_library_loads_under_the_mangled_name(pack):
    """Imports are relative: the library's path is the pack's, not a top-level `wan27`."""
    generate = pack("wan27.generate")
    assert generate.__name__.endswith("ComfyUI-Wan-2_7.wan27.generate")
    assert generate.Job is sys.modules[generate.__name__.replace("generate", "job")].Job


def test_without_comfyui_the_entry_point_fails_loudly(pack):
    """A failed import is an error, not an empty list of nodes."""
    if "comfy_api" in sys.modules:
        pytest.skip("ComfyUI itself is loaded in this process")
    with pytest.raises(ImportError):
        asyncio.run(pack().comfy_entrypoint())
