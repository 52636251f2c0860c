"""The files of settings and keys: written whole, private, and nothing in them lost."""

from __future__ import annotations

import json
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def save(pack, tmp_path):
    """Return a function that saves values in one of the two files of a folder."""
    return lambda file, **values: pack("host.settings.store").save(tmp_path, f"{file}.json", values)


def contents(folder):
    return {path.name: json.loads(path.read_text("utf-8")) for path in folder.iterdir()}


def test_a_value_is_written_and_removed(save, tmp_path):
    """None and "" remove it; everything else stays."""
    (tmp_path / "settings.json").write_text('{"OTHER": [1], "WAN27_HOST": "ppio"}')
    save("settings", WAN27_TIMEOUT="5", WAN27_HOST=None)
    assert {"settings.json": {"OTHER": [1], "WAN27_TIMEOUT": "5"}} == contents(tmp_path)
    save("settings", WAN27_TIMEOUT="")
    assert {"settings.json": {"OTHER": [1]}} == contents(tmp_path)


def test_a_name_is_in_one_file(save, tmp_path):
    """A key among the settings moves to the credentials, and is removed from both."""
    (tmp_path / "settings.json").write_text('{"PPIO_API_KEY": "old", "WAN27_HOST": "ppio"}')
    save("credentials", PPIO_API_KEY="new")
    assert {
        "settings.json": {"WAN27_HOST": "ppio"},
        "credentials.json": {"PPIO_API_KEY": "new"},
    } == contents(tmp_path)
    save("credentials", PPIO_API_KEY=None)
    assert {"settings.json": {"WAN27_HOST": "ppio"}, "credentials.json": {}} == contents(tmp_path)


def test_changes_at_the_same_moment_are_all_kept(save, tmp_path):
    """Thirty threads change thirty names, and no part file is left."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: save("settings", **{f"NAME_{number}": "x"}), range(30)))
    assert {"settings.json": {f"NAME_{number}": "x" for number in range(30)}} == contents(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_may_read_the_keys(save, tmp_path):
    """Even if an editor left the file readable for all."""
    (tmp_path / "credentials.json").write_text("{}")
    (tmp_path / "credentials.json").chmod(0o644)
    save("credentials", PPIO_API_KEY="x")
    assert 0o600 == stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_broken_file_is_not_changed(pack, save, tmp_path, text):
    """A broken file stops the change of either file: the user may want to rescue its content."""
    (tmp_path / "credentials.json").write_text(text)
    for file in ("settings", "credentials"):
        with pytest.raises(
            pack("wan27.errors").InvalidSetting,
            match=r"credentials\.json .*must contain a JSON object",
        ):
            save(file, WAN27_HOST="ppio")
    assert (text, ["credentials.json"]) == (
        (tmp_path / "credentials.json").read_text(),
        [path.name for path in tmp_path.iterdir()],
    )


def test_a_failed_write_is_reported_without_the_value(pack, tmp_path):
    """The message has the path, the reason and what to do."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting,
        match=r"credentials\.json cannot be written .* Make its folder writable",
    ) as error:
        pack("host.settings.store").save(
            tmp_path / "missing", "credentials.json", {"PPIO_API_KEY": "sk-secret"}
        )
    assert "sk-secret" not in str(error.value)
