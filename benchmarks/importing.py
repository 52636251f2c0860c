"""What the pack adds to ComfyUI's start: import, entry point, node list and schemas, as the loader goes through them."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from statistics import median
from typing import Any

from scripts.environment import ROOT

from .bench import Bench, apart
from .figure import Figure

_NAME = "/somewhere/custom_nodes/ComfyUI-Wan-27"  # ComfyUI names a pack by its path


def importing(bench: Bench) -> list[Figure]:
    """Each time in a fresh process, the first one left out: it may have to compile."""
    seconds = [apart(_load) for _ in range(bench.repeats + 1)][1:]
    return [
        Figure(
            "Import of the pack where ComfyUI's API is loaded",
            median(seconds) * 1000,
            "ms",
            at_most=60,
        )
    ]


def _load() -> float:
    import comfy_api.latest  # noqa: F401, PLC0415 - ComfyUI has it long before it loads a pack

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
