"""The time that the pack adds to ComfyUI's start: import, entry point, node list, schemas."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from statistics import median
from typing import Any

from scripts.environment import ROOT

from .bench import Bench, in_fresh_process
from .figure import Figure

_NAME = "/somewhere/custom_nodes/ComfyUI-Wan-27"  # ComfyUI names a pack by its path


def importing(bench: Bench) -> list[Figure]:
    """Load it in fresh processes; the first is not counted, since it may have to compile."""
    seconds = [in_fresh_process(_load) for _ in range(bench.repeats + 1)][1:]
    milliseconds = median(seconds) * 1000
    return [Figure("Import of the pack, ComfyUI's API loaded", milliseconds, "ms", at_most=60)]


def _load() -> float:
    import comfy_api.latest  # noqa: F401, PLC0415 - ComfyUI loads it before packs

    began = time.perf_counter()
    spec: Any = importlib.util.spec_from_file_location(
        _NAME, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
    asyncio.run(_schemas(module))
    return time.perf_counter() - began


async def _schemas(module: Any) -> None:
    extension = await module.comfy_entrypoint()
    for node in await extension.get_node_list():
        node.GET_SCHEMA()
