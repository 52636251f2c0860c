"""Trouble of the drive that has the journal, named for what it is before anything is bought."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing

import pytest

from wan27.errors import JournalFailed
from wan27.journal import drive
from wan27.journal.drive import drive_problem, network_drive
from wan27.journal.journal import Journal

from .own_disk import run_on_own_disk
from .test_journal import new


@pytest.fixture
def path(tmp_path):
    """Return a journal with nothing in it."""
    file = tmp_path / "state" / "journal.sqlite3"
    Journal(file).check()
    return file


@pytest.fixture
def on_network(monkeypatch, tmp_path):
    """Let the test's folder be on a network drive, as Linux lists it."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nnas:/home {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(drive, "_MOUNTS", mounts)


def test_a_lock_of_another_program_is_named(path, monkeypatch):
    """By the time the wait for it is over; the same call works once the lock is gone."""
    connect = sqlite3.connect

    def impatient(*given, **named):
        return connect(*given, **named | {"timeout": 0})

    monkeypatch.setattr(sqlite3, "connect", impatient)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for act in (Journal(path).check, lambda: Journal(path).begin(new())):
            with pytest.raises(JournalFailed) as error:
                act()
            assert f"Another program has kept the journal of paid tasks at {path} locked" in str(
                error.value
            )
            assert f"exclude {path.parent} from it. Then Run again. Nothing is" in str(error.value)
    assert Journal(path).begin(new()).task_id is None


def test_a_lock_on_a_network_drive_is_the_drive_s(path, on_network):
    """A crashed client's lock may stay there for ever."""
    text = drive_problem(sqlite3.OperationalError("database is locked"), path)
    assert "(a network drive, nfs4) does not lock the journal" in text
    assert "--user-directory" in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sqlite3.OperationalError("locking protocol"), "does not lock the journal"),
        (OSError(errno.ENOLCK, "No locks available"), "does not lock the journal"),
        (sqlite3.OperationalError("database or disk is full"), "is full, so the journal"),
        (OSError(errno.ENOSPC, "No space left on device"), "is full, so the journal"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "is full, so the journal"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "is read-only (att"),
        (OSError(errno.EROFS, "Read-only file system"), "is read-only ([Errno"),
        (PermissionError(errno.EACCES, "Permission denied"), "is read-only ([Errno"),
        (sqlite3.OperationalError("disk I/O error"), "may be failing or disconnected"),
        (OSError(errno.EIO, "Input/output error"), "may be failing or disconnected"),
        (OSError(errno.ESTALE, "Stale file handle"), "may be failing or disconnected"),
        (sqlite3.OperationalError("unable to open database file"), "cannot be used (unable"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory"), "cannot be used ([Errno"),
    ],
)
def test_each_trouble_has_its_sentence_and_stops_before_money(path, monkeypatch, error, said):
    """With the folder and what to do there; the request is not begun."""

    def fails(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", fails)
        with pytest.raises(JournalFailed) as failed:
            Journal(path).begin(new())
    assert said in failed.value.problem
    assert str(path.parent) in failed.value.problem
    assert str(failed.value).startswith(failed.value.problem)
    assert [] == Journal(path).recent(9)


def test_too_many_open_files_are_no_trouble_of_the_drive(path, monkeypatch):
    """SQLite says no more than that it cannot open the file."""

    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "open", refuse)
    text = drive_problem(sqlite3.OperationalError("unable to open database file"), path)
    assert "too many files and connections open. Run fewer items at once" in text


def test_a_record_waits_for_other_work_to_close_files(path, monkeypatch):
    """It may be the id of a paid task; the items of a long list close theirs in a moment."""
    journal, tries, real = Journal(path), [], os.open
    journal.check()

    def often_refuse(*given):
        tries.append(given[0])
        if len(tries) < 4:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*given)

    monkeypatch.setattr(os, "open", often_refuse)
    entry = journal.begin(new())
    assert "t1" == journal.submitted(entry, "t1").task_id
    assert [os.devnull] * 4 == tries[:4]


READ_ONLY = """
import subprocess, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from wan27.errors import JournalFailed
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
disk = Path(sys.argv[2])
journal = Journal(disk / "state" / "journal.sqlite3")
journal.check()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
for each in (journal, Journal(disk / "new" / "journal.sqlite3")):
    try:
        each.begin(NewEntry(fingerprint="f", host="h"))
    except JournalFailed as error:
        print(" is read-only (" in str(error), "Nothing is submitted" in str(error))
"""


def test_a_drive_that_became_read_only_is_named(tmp_path):
    """As Linux does with one that has errors; also for a journal that is not there yet."""
    assert ["True True"] * 2 == run_on_own_disk(tmp_path, READ_ONLY)


def test_a_damage_that_cannot_be_set_aside_says_both(path, monkeypatch):
    """What is wrong with the file, and why that cannot be mended here."""
    path.write_bytes(b"nonsense" * 1000)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr("wan27.journal.database.keep_aside", lambda *_: (_ for _ in ()).throw(full))
    with pytest.raises(JournalFailed, match=r"is damaged .*not a database.* is full"):
        Journal(path).check()
    assert b"nonsense" * 1000 == path.read_bytes()


def test_the_kind_of_a_network_drive_is_that_of_the_nearest_mount(monkeypatch, tmp_path):
    """A local disk in a network folder is local; a name with a space is found too."""
    inner, local = tmp_path / "a b", tmp_path / "local"
    mounts = tmp_path / "mounts"
    encoded = str(inner).replace(" ", "\\040")
    mounts.write_text(
        f"a / ext4 rw 0 0\nb {tmp_path} fuse.sshfs rw 0 0\nc {local} tmpfs rw 0 0\n"
        f"d {encoded} cifs rw 0 0\n"
    )
    monkeypatch.setattr(drive, "_MOUNTS", mounts)
    folders = (tmp_path, inner / "c", local, tmp_path.parent)
    assert ["fuse.sshfs", "cifs", None, None] == [network_drive(each) for each in folders]
    monkeypatch.setattr(drive, "_MOUNTS", tmp_path / "none")
    assert None is network_drive(tmp_path)


def test_what_is_in_the_place_of_the_journal_is_named(path, tmp_path):
    """A folder of its name, or a file where its folder must be."""
    path.unlink()
    path.mkdir()
    with pytest.raises(JournalFailed, match=r"journal.sqlite3 is a folder, and .* needs a file"):
        Journal(path).check()
    (tmp_path / "file").touch()
    problem = drive_problem(FileExistsError(), tmp_path / "file" / "journal.sqlite3")
    assert f"{tmp_path / 'file'} is a file, and the journal of paid tasks needs a folder" in problem
