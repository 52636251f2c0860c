"""One copy of this pack at a time: a person may install it by git and by ComfyUI Manager too.

Routes of one copy, nodes of another and the pages of both would mix two versions.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

_PACK = Path(__file__).parents[2]
# ComfyUI lists these by the folders of the packs, whether they were loaded or not.
_LISTS = ("/workflow_templates", "/global_subgraphs")
_VERSION = re.compile(r'^version = "([\d.]+)', re.MULTILINE)

problems: list[str] = []  # of this copy, for its page: another one adds them


def refuse_another_copy(routes: Iterable[web.AbstractRouteDef], app: web.Application) -> None:
    """Raise `ImportError` if these routes are already those of a copy in another folder.

    ComfyUI logs the message and goes on. It has registered this copy's page before, and would list
    its templates and blueprints beside those of the other.
    """
    found = (each for each in routes if isinstance(each, web.RouteDef))
    first = next((each for each in found if each.path == "/wan27/tasks"), None)
    if first is None:
        return
    module = first.handler.__module__
    other = Path(str(sys.modules[module].__file__)).parents[2]
    if other == _PACK:
        return
    # ComfyUI names a page by its folder, and two folders of packs can have one of the same name.
    pages = sys.modules["nodes"].EXTENSION_WEB_DIRS
    pages.pop(_PACK.name, None)
    pages[other.name] = str(other / "web")
    if other.name != _PACK.name:
        app.middlewares.append(_without_this_copy)
    problem = _what_to_remove(other)
    shown = sys.modules.get(f"{module.rpartition('.')[0]}.{__name__.rpartition('.')[2]}")
    getattr(shown, "problems", []).append(problem)
    raise ImportError(problem)


def _what_to_remove(used: Path) -> str:
    """Return what a person must do: keep the newer copy, or the one that ComfyUI uses.

    Never a link to the copy that goes.
    """
    is_better = _rank(_PACK) > _rank(used)
    keep, remove = (_PACK, used) if is_better else (used, _PACK)
    return (
        f"Wan 2.7 is installed twice. Remove the folder {remove}, keep {keep}, then restart"
        " ComfyUI. Your tasks, videos, keys and settings are in neither."
    )


def _rank(pack: Path) -> tuple[list[int], bool]:
    return _version(pack), not pack.is_symlink()


def _version(pack: Path) -> list[int]:
    try:
        found = _VERSION.search((pack / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    return [int(part) for part in found[1].split(".") if part] if found else []


@web.middleware
async def _without_this_copy(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Leave this copy out of ComfyUI's lists, which would have each of its files twice."""
    response = await handler(request)
    if request.path.removeprefix("/api") in _LISTS and isinstance(response, web.Response):
        listed: dict[str, Any] = json.loads(response.text or "{}")
        response.text = json.dumps(
            {key: each for key, each in listed.items() if not _is_ours(key, each)}
        )
    return response


def _is_ours(key: str, each: Any) -> bool:
    """Return True for our templates, by their folder, and our blueprints, by their pack."""
    info = each.get("info", {}) if isinstance(each, dict) else {}
    return key == _PACK.name or info.get("node_pack") == f"custom_nodes.{_PACK.name}"
