"""Windows lets nobody replace a file that is open; it is told here as Windows tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wan27.errors import JournalFailed
from wan27.files import atomic_replace
from wan27.journal.journal import Journal
from wan27.upload.serving import ServingFolder


def held(times, winerror=32):
    """A `Path.replace` that Windows refuses a number of times."""
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
def test_a_file_that_somebody_reads_is_replaced_when_they_are_done(files, monkeypatch, winerror):
    """They need milliseconds, so it is tried again after some."""
    monkeypatch.setattr(Path, "replace", held(3, winerror))
    pauses = []
    atomic_replace(*files, pauses.append)
    assert ("new", False) == (files[1].read_text(), files[0].exists())
    assert [0.01, 0.03, 0.1] == pauses


def test_a_file_that_stays_held_is_an_error(files, monkeypatch):
    """It is not waited for longer than a person would."""
    monkeypatch.setattr(Path, "replace", held(9))
    pauses = []
    with pytest.raises(PermissionError):
        atomic_replace(*files, pauses.append)
    assert 1 < sum(pauses) < 2
    assert "old" == files[1].read_text()


def test_a_folder_that_may_not_be_written_is_told_at_once(files, monkeypatch):
    """Waiting helps against a reader, not against permissions."""
    monkeypatch.setattr(Path, "replace", held(9, None))
    pauses = []
    with pytest.raises(PermissionError):
        atomic_replace(*files, pauses.append)
    assert [] == pauses


def test_a_damaged_record_that_another_process_reads_is_set_aside_all_the_same(
    tmp_path, monkeypatch
):
    """Every node that runs at that moment opens it, if only to find it damaged."""
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"nonsense" * 1000)
    monkeypatch.setattr(Path, "replace", held(2))
    with pytest.raises(JournalFailed, match="found damaged"):
        Journal(path).find("f", 0)
    assert None is Journal(path).find("f", 10**10)


def test_a_damaged_record_that_cannot_be_set_aside_is_told_and_kept(tmp_path, monkeypatch):
    """The one error that stops a purchase, not the system's own words, and the damaged file stays for the next try."""
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"nonsense" * 1000)
    monkeypatch.setattr(Path, "replace", held(9, None))
    with pytest.raises(JournalFailed, match="cannot be used .*Nothing is submitted without the journal"):
        Journal(path).find("f", 0)
    assert b"nonsense" * 1000 == path.read_bytes()


def test_what_another_node_has_placed_and_the_host_reads_is_as_good(tmp_path, monkeypatch):
    """The same name is the same content: Windows keeps the first while it is being sent, and that is no failure."""
    folder = ServingFolder(tmp_path)
    name = f"{'0' * 32}.png"

    def first(new, old):  # another node was faster
        old.write_bytes(new.read_bytes())
        return held(9)(new, old)

    monkeypatch.setattr(Path, "replace", first)
    monkeypatch.setattr("wan27.files._WAITS_SECONDS", ())
    assert 5 == folder.place(name, b"bytes")
    assert [name] == [path.name for path in tmp_path.iterdir()]
