"""One copy of this pack at a time: a person may install it by git and by ComfyUI Manager too.

Routes of one copy, nodes of another and the pages of both would mix two versions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

_PACK = Path(__file__).parents[2]


def refuse_another_copy(routes: Iterable[web.AbstractRouteDef]) -> None:
    """Raise `ImportError` if these routes are already those of a copy in another folder.

    ComfyUI logs the message and goes on. It has registered this copy's page before.
    """
    found = (each for each in routes if isinstance(each, web.RouteDef))
    first = next((each for each in found if each.path == "/wan27/tasks"), None)
    if first is None:
        return
    other = Path(str(sys.modules[first.handler.__module__].__file__)).parents[2]
    if other == _PACK:
        return
    # ComfyUI names a page by its folder, and two folders of packs can have one of the same name.
    pages = sys.modules["nodes"].EXTENSION_WEB_DIRS
    pages.pop(_PACK.name, None)
    pages[other.name] = str(other / "web")
    raise ImportError(
        f"Wan 2.7 is installed twice: {other} is used, {_PACK} is not. Remove one of these two"
        " folders, then restart ComfyUI. Your tasks, videos, keys and settings are in neither."
    )
