"""The cache makes a folder once; others wait for it, and an incomplete one is deleted."""

from __future__ import annotations

import threading
import time

import pytest

from scripts.cache import cache_folder, cached


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("WAN27_CACHE", str(tmp_path / "cache"))


def test_a_folder_is_made_once():
    """The second call with the same ingredients finds it, other ingredients make another."""
    made = []
    first = cached("thing", ["a", 1], made.append)
    assert first == cached("thing", ["a", 1], made.append)
    second = cached("thing", ["a", 2], made.append)
    assert [first, second] == made


def test_an_incomplete_folder_is_deleted():
    """What a crash leaves is not used, and nothing of it stays."""

    def crash(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("thing", [], crash)
    folder = cached("thing", [], lambda folder: (folder / "whole").touch())
    assert ["ready", "whole"] == sorted(path.name for path in folder.iterdir())


def test_two_at_once_make_it_once():
    """The second waits for the first and then finds it ready."""
    made = []

    def slowly(folder):
        made.append(folder)
        time.sleep(0.2)

    threads = [threading.Thread(target=cached, args=("thing", [], slowly)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == len(made)


def test_the_cache_is_where_the_variable_says(tmp_path):
    """`WAN27_CACHE` overrides the user's cache folder."""
    assert tmp_path / "cache" == cache_folder()
