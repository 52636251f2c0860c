"""The files of settings and keys: whole, private, and nothing in them lost."""

from __future__ import annotations

import json
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def store(pack, tmp_path):
    """Return a function that stores values in one of the two files of a folder."""
    return lambda file, **values: pack("host.settings.store").store(
        tmp_path, f"{file}.json", values
    )


def contents(folder):
    return {path.name: json.loads(path.read_text("utf-8")) for path in folder.iterdir()}


def test_a_value_is_written_and_removed(store, tmp_path):
    """None and "" remove it, and nothing else goes."""
    (tmp_path / "settings.json").write_text('{"OTHER": [1], "WAN27_HOST": "ppio"}')
    store("settings", WAN27_TIMEOUT="5", WAN27_HOST=None)
    assert {"settings.json": {"OTHER": [1], "WAN27_TIMEOUT": "5"}} == contents(tmp_path)
    store("settings", WAN27_TIMEOUT="")
    assert {"settings.json": {"OTHER": [1]}} == contents(tmp_path)


def test_a_name_stands_in_one_file(store, tmp_path):
    """A key that stood among the settings moves to the credentials, and is removed from both."""
    (tmp_path / "settings.json").write_text('{"PPIO_API_KEY": "old", "WAN27_HOST": "ppio"}')
    store("credentials", PPIO_API_KEY="new")
    assert {
        "settings.json": {"WAN27_HOST": "ppio"},
        "credentials.json": {"PPIO_API_KEY": "new"},
    } == contents(tmp_path)
    store("credentials", PPIO_API_KEY=None)
    assert {"settings.json": {"WAN27_HOST": "ppio"}, "credentials.json": {}} == contents(tmp_path)


def test_changes_at_the_same_moment_are_all_kept(store, tmp_path):
    """Thirty threads, thirty names, and no part file left."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store("settings", **{f"NAME_{number}": "x"}), range(30)))
    assert {"settings.json": {f"NAME_{number}": "x" for number in range(30)}} == contents(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_may_read_it(store, tmp_path):
    """Also where an editor had left it readable for all."""
    (tmp_path / "credentials.json").write_text("{}")
    (tmp_path / "credentials.json").chmod(0o644)
    store("credentials", PPIO_API_KEY="x")
    assert 0o600 == stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_broken_file_stays_as_it_is(pack, store, tmp_path, text):
    """Either of them stops the change: a person may want to save what stands there."""
    (tmp_path / "credentials.json").write_text(text)
    for file in ("settings", "credentials"):
        with pytest.raises(
            pack("wan27.errors").InvalidSetting, match=r"credentials\.json .* must look like"
        ):
            store(file, WAN27_HOST="ppio")
    assert (text, ["credentials.json"]) == (
        (tmp_path / "credentials.json").read_text(),
        [path.name for path in tmp_path.iterdir()],
    )


def test_a_file_that_cannot_be_written_is_told_without_the_value(pack, tmp_path):
    """The path, the reason and what to do."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting,
        match=r"credentials\.json cannot be written .* Make its folder writable",
    ) as told:
        pack("host.settings.store").store(
            tmp_path / "missing", "credentials.json", {"PPIO_API_KEY": "sk-secret"}
        )
    assert "sk-secret" not in str(told.value)
