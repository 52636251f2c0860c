"""Two copies of this pack in one ComfyUI."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web

HERE = Path(__file__).parents[3]


@pytest.fixture
def pages(monkeypatch):
    """ComfyUI's pages, by the names of the packs' folders, with ours."""
    pages = {"other": "kept", HERE.name: str(HERE / "web")}
    monkeypatch.setitem(sys.modules, "nodes", SimpleNamespace(EXTENSION_WEB_DIRS=pages))
    return pages


@pytest.fixture
def refuse(pack, monkeypatch):
    """Return a function that loads this copy after one in another folder."""

    def after(folder):
        module = SimpleNamespace(__file__=str(folder / "host" / "page" / "http.py"))
        monkeypatch.setitem(sys.modules, "first.host.page.http", module)
        handler = SimpleNamespace(__module__="first.host.page.http")
        route = web.RouteDef("GET", "/wan27/tasks", handler, {})
        files = web.static("/files", HERE)
        pack("host.page.only_copy").refuse_another_copy([files, route])

    return after


@pytest.mark.parametrize("name", ["wan27", HERE.name])
def test_the_second_copy_gives_way_with_its_page(refuse, pages, name):
    """The message names both folders; the page is the first copy's, also under the same name."""
    first = Path("/packs") / name
    with pytest.raises(ImportError) as error:
        refuse(first)
    assert f"installed twice: {first} is used, {HERE} is not." in str(error.value)
    assert {"other": "kept", name: str(first / "web")} == pages


def test_a_copy_that_is_loaded_again_is_no_other(refuse, pages):
    """Packs that reload packs load the same folder."""
    before = dict(pages)
    refuse(HERE)
    assert before == pages
