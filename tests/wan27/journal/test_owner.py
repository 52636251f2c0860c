"""The lock of a request: held while it is sent, free as soon as its sender is gone."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest

from wan27.journal import owner
from wan27.journal.owner import Sender, look, sending


def test_a_free_lock_means_that_no_one_sends(tmp_path):
    """Looking takes nothing away: the next look, and a sender, find it free again."""
    assert [Sender.GONE] * 2 == [look(tmp_path, "f") for _ in range(2)]
    with sending(tmp_path, "f") as sender:
        assert Sender.GONE is sender


def test_a_held_lock_means_that_its_sender_is_alive(tmp_path):
    """In the same process too, and only for its own request."""
    with sending(tmp_path, "f"):
        assert (Sender.ALIVE, Sender.GONE) == (look(tmp_path, "f"), look(tmp_path, "g"))
    assert Sender.GONE is look(tmp_path, "f")


def test_an_error_inside_releases_the_lock(tmp_path):
    """As every end does."""
    with pytest.raises(ZeroDivisionError), sending(tmp_path, "f"):
        raise ZeroDivisionError
    assert Sender.GONE is look(tmp_path, "f")


def _hold(folder, ready):
    with sending(folder, "f"):
        ready.set()
        time.sleep(60)


def test_a_killed_sender_is_gone_at_once(tmp_path):
    """The system releases the lock of a dead process: no clock, no process number, no host name."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready), daemon=True)
    process.start()
    assert ready.wait(60)
    assert Sender.ALIVE is look(tmp_path, "f")
    process.kill()
    process.join(10)
    assert Sender.GONE is look(tmp_path, "f")


@pytest.mark.parametrize("error", [OSError(95, "not supported"), OSError(37, "no locks available")])
@pytest.mark.skipif(os.name == "nt", reason="replaces the call of POSIX systems")
def test_a_file_system_without_locks_says_nothing(tmp_path, monkeypatch, error):
    """Neither alive nor gone: the caller waits and then asks the user."""

    def flock(*_):
        raise error

    monkeypatch.setattr(owner.fcntl, "flock", flock)
    assert Sender.UNKNOWN is look(tmp_path, "f")


def test_a_folder_that_cannot_be_made_says_nothing(tmp_path):
    """A file has its name."""
    (tmp_path / "submissions").write_text("in the way")
    assert Sender.UNKNOWN is look(tmp_path / "submissions", "f")
