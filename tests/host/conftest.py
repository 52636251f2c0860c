"""The host layer without ComfyUI: the pack loaded as ComfyUI loads it, under a mangled name, with an alien `nodes` already there."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def pack():
    """Return a function that imports one of the pack's modules, such as "host.settings"."""
    name = "/somewhere/custom_nodes/ComfyUI-Wan-2_7"  # ComfyUI uses the path itself, with its dots replaced
    alien = sys.modules.setdefault("nodes", types.ModuleType("nodes"))
    sys.modules.setdefault(
        "folder_paths", types.ModuleType("folder_paths")
    )  # ComfyUI's own; no folder is asked for
    spec = importlib.util.spec_from_file_location(
        name, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield lambda part="": importlib.import_module(f"{name}.{part}") if part else module
    for loaded in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[loaded]
    if sys.modules.get("nodes") is alien and not hasattr(alien, "__file__"):
        del sys.modules["nodes"]
