"""Files are replaced also where Windows has them open, and swept by the clock of their disk."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wan27.errors import JournalFailed
from wan27.files import atomic_replace, sweep
from wan27.journal.journal import Journal
from wan27.upload.serving_folder import ServingFolder


def refused(times, winerror=32):
    """Return a `Path.replace` that Windows refuses a number of times."""
    real, refusals = Path.replace, [winerror] * times

    def refusing(new, old):
        if refusals:
            error = PermissionError(
                13, "The process cannot access the file because it is being used by another process"
            )
            error.winerror = refusals.pop()
            raise error
        return real(new, old)

    return refusing


@pytest.fixture
def files(tmp_path):
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    return new, old


@pytest.mark.parametrize("winerror", [5, 32])
def test_a_file_in_use_is_replaced_when_it_is_closed(files, monkeypatch, winerror):
    """A reader needs milliseconds, so the replacement is retried."""
    monkeypatch.setattr(Path, "replace", refused(3, winerror))
    pauses = []
    atomic_replace(*files, pauses.append)
    assert ("new", False) == (files[1].read_text(), files[0].exists())
    assert [0.01, 0.03, 0.1] == pauses


def test_a_file_that_stays_open_is_an_error(files, monkeypatch):
    """After one to two seconds of retries the error is raised."""
    monkeypatch.setattr(Path, "replace", refused(9))
    pauses = []
    with pytest.raises(PermissionError):
        atomic_replace(*files, pauses.append)
    assert 1 < sum(pauses) < 2
    assert "old" == files[1].read_text()


def test_a_folder_without_write_permission_is_an_error_at_once(files, monkeypatch):
    """Retrying helps against a reader, not against missing permissions."""
    monkeypatch.setattr(Path, "replace", refused(9, None))
    pauses = []
    with pytest.raises(PermissionError):
        atomic_replace(*files, pauses.append)
    assert [] == pauses


def test_a_damaged_journal_is_set_aside_while_another_process_reads_it(tmp_path, monkeypatch):
    """Each node that runs at that moment opens it, even if only to find it damaged."""
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"nonsense" * 1000)
    monkeypatch.setattr(Path, "replace", refused(2))
    with pytest.raises(JournalFailed, match="found damaged"):
        Journal(path).find("f")
    Journal(path).acknowledge_damage()
    assert None is Journal(path).find("f")


def test_a_damaged_journal_that_cannot_be_set_aside_stops_the_run(tmp_path, monkeypatch):
    """The damaged file stays for the next attempt."""
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"nonsense" * 1000)
    monkeypatch.setattr(Path, "replace", refused(9, None))
    with pytest.raises(
        JournalFailed, match="is damaged .* cannot be .*Nothing is submitted without the journal"
    ):
        Journal(path).find("f")
    assert b"nonsense" * 1000 == path.read_bytes()


def test_a_file_that_another_node_wrote_first_is_used(tmp_path, monkeypatch):
    """A name stands for one content: Windows keeps the first file while it is being sent."""
    folder = ServingFolder(tmp_path)
    name = f"{'0' * 32}.png"

    def first(new, old):  # another node was faster
        old.write_bytes(new.read_bytes())
        return refused(9)(new, old)

    monkeypatch.setattr(Path, "replace", first)
    monkeypatch.setattr("wan27.files._WAITS_SECONDS", ())
    assert 5 == folder.put(name, b"bytes")
    assert [name] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("step_seconds", [3 * 3600, -3 * 3600])
def test_files_are_as_old_as_their_disk_says(tmp_path, monkeypatch, step_seconds):
    """A clock that was set, or another machine's, deletes no file that is being written."""
    new, old = tmp_path / "new.part", tmp_path / "old.part"
    for path, age_seconds in ((new, 0), (old, 600)):
        path.touch()
        os.utime(path, (path.stat().st_mtime - age_seconds,) * 2)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step_seconds)
    sweep(tmp_path, "*.part", 300)
    assert [new] == list(tmp_path.iterdir())
