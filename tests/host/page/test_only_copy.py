"""Two copies of this pack in one ComfyUI."""

from __future__ import annotations

import sys
from contextlib import nullcontext
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
    """Return a function that loads this copy after one in another folder.

    It returns what the page of the first copy shows.
    """

    def after(folder):
        module = SimpleNamespace(__file__=str(folder / "host" / "page" / "http.py"))
        shown = SimpleNamespace(problems=[])
        monkeypatch.setitem(sys.modules, "first.host.page.http", module)
        monkeypatch.setitem(sys.modules, "first.host.page.only_copy", shown)
        handler = SimpleNamespace(__module__="first.host.page.http")
        route = web.RouteDef("GET", "/wan27/tasks", handler, {})
        files = web.static("/files", HERE)
        with pytest.raises(ImportError) if folder != HERE else nullcontext() as raised:
            pack("host.page.only_copy").refuse_another_copy([files, route], web.Application())
        assert shown.problems == ([str(raised.value)] if raised else [])
        return shown.problems

    return after


@pytest.mark.parametrize("name", ["wan27", HERE.name])
def test_the_second_copy_gives_way_with_its_page(refuse, pages, name, tmp_path):
    """The message says which one to remove; the page is the first copy's, also under its name."""
    first = tmp_path / name
    [problem] = refuse(first)
    assert f"Remove the folder {first}, keep {HERE}, then" in problem
    assert {"other": "kept", name: str(first / "web")} == pages

    first.mkdir()
    (first / "pyproject.toml").write_text('[project]\nversion = "99.0"\n')
    [problem] = refuse(first)
    assert f"Remove the folder {HERE}, keep {first}, then" in problem


def test_of_a_folder_and_a_link_to_it_the_link_is_removed(refuse, pages, tmp_path):
    """Without the folder the link would lead nowhere; ComfyUI may load either first."""
    link = tmp_path / "a-link"
    link.symlink_to(HERE, target_is_directory=True)
    assert f"Remove the folder {link}, keep {HERE}, then" in refuse(link)[0]


def test_a_copy_that_is_loaded_again_is_no_other(refuse, pages):
    """Packs that reload packs load the same folder."""
    before = dict(pages)
    assert [] == refuse(HERE)
    assert before == pages
