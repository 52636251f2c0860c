"""The host layer without ComfyUI, loaded as ComfyUI loads the pack: under a mangled name."""

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
    """Return a function that imports a module of the pack, such as "host.settings.store"."""
    # ComfyUI uses the path as the name, with its dots replaced.
    name = "/somewhere/custom_nodes/ComfyUI-Wan-2_7"
    # ComfyUI's own modules; the tests ask for no folder.
    foreign = sys.modules.setdefault("nodes", types.ModuleType("nodes"))
    sys.modules.setdefault("folder_paths", types.ModuleType("folder_paths"))
    spec = importlib.util.spec_from_file_location(
        name, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield lambda part="": importlib.import_module(f"{name}.{part}") if part else module
    for loaded in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[loaded]
    if sys.modules.get("nodes") is foreign and not hasattr(foreign, "__file__"):
        del sys.modules["nodes"]
