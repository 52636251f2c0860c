"""The record of submissions: written before anything is sent, and one open entry a request."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from wan27.errors import JournalFailed
from wan27.journal.entry import NewEntry
from wan27.journal.journal import AlreadyOpenError, Journal
from wan27.journal.states import TRANSITIONS, State
from wan27.money import Cost

THUMBNAIL = b"\xff\xd8 a thumbnail"
YEN = Cost(Decimal("3.00"), "CNY")
NOW = 1e12  # a Run later than every response, lost or not


def new(fingerprint="f", **changes):
    given = {
        "fingerprint": fingerprint,
        "host": "novita",
        "account": "me",
        "parameters": {"prompt": "猫"},
        "cost": YEN,
        "asked": NOW,
    }
    return NewEntry(**given | changes)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state" / "journal.sqlite3")


def test_a_submission_is_found_in_each_of_its_states(journal):
    """Begun, submitted, finished: the same row, read by another object on the same file."""
    entry = journal.begin(new())
    other = Journal(journal._database.path)
    assert (State.SUBMITTING, None) == (other.find("f", NOW).state, other.find("f", NOW).task_id)
    journal.submitted(entry, "t1")
    assert (State.RUNNING, "t1") == (
        other.find("f", NOW).state,
        other.find_task("novita", "t1").task_id,
    )
    journal.finished(entry, Path("v.mp4"))
    assert (State.FINISHED, Path("v.mp4"), "猫", YEN) == (
        other.find("f", NOW).state,
        other.find("f", NOW).path,
        other.find("f", NOW).parameters["prompt"],
        other.find("f", NOW).cost,
    )


@pytest.mark.parametrize("moves", [[], [Journal.submitted], [Journal.submitted, Journal.finished]])
def test_a_request_has_one_open_entry(journal, moves):
    """While it is submitting, running or finished, the same request cannot begin again."""
    entry = journal.begin(new())
    for move in moves:
        entry = move(journal, entry, {Journal.submitted: "t", Journal.finished: Path("v")}[move])
    with pytest.raises(AlreadyOpenError):
        journal.begin(new())
    assert "g" == journal.begin(new("g")).fingerprint


def test_a_lost_response_stays_open_during_its_own_run(journal):
    """The second of two equal nodes finds the entry and cannot begin; the next Run can."""
    journal.uncertain(journal.begin(new(asked=0)))
    assert State.UNCERTAIN is journal.find("f", 0).state
    with pytest.raises(AlreadyOpenError):
        journal.begin(new(asked=0))
    assert journal.find("f", NOW) is None
    assert State.SUBMITTING is journal.begin(new()).state


def test_a_failed_or_uncertain_request_can_begin_again(journal):
    """Both have ended; a refusal that never became a task leaves no row."""
    journal.failed(journal.begin(new()), "refused")
    journal.uncertain(journal.begin(new()))
    journal.submitted(journal.begin(new()), "t")
    with sqlite3.connect(journal._database.path) as connection:
        states = [state for (state,) in connection.execute("SELECT state FROM entries ORDER BY id")]
    connection.close()
    assert ["uncertain", "running"] == states


@pytest.mark.parametrize("start", State)
# No move leads to SUBMITTING: an entry begins there.
@pytest.mark.parametrize("end", [state for state in State if state is not State.SUBMITTING])
def test_no_state_changes_outside_the_table(journal, start, end):
    """A move that is not in the table leaves the row as it is."""
    to = {
        State.RUNNING: lambda e: journal.submitted(e, "t"),
        State.FINISHED: lambda e: journal.finished(e, Path("v")),
        State.FAILED: lambda e: journal.failed(e, "no"),
        State.UNCERTAIN: journal.uncertain,
    }
    path_to = {
        State.SUBMITTING: [],
        State.RUNNING: [State.RUNNING],
        State.FINISHED: [State.RUNNING, State.FINISHED],
    }
    entry = journal.begin(new())
    for step in path_to.get(start, [start]):
        entry = to[step](entry)
    assert (end if end in TRANSITIONS[start] else start) == to[end](entry).state


def test_a_task_is_adopted_once(journal):
    """Two Task Polls of a foreign id share a row, and a known task keeps its own."""
    ours = journal.submitted(journal.begin(new()), "t")
    assert ours.id == journal.adopt(host="novita", account="me", task_id="t").id
    foreign = journal.adopt(host="novita", account="me", task_id="x")
    assert foreign.id == journal.adopt(host="novita", account="me", task_id="x").id
    assert foreign.id != journal.adopt(host="ppio", account="me", task_id="x").id


def test_of_many_threads_one_begins_a_request(journal):
    """The database decides, and not chance."""
    begun, refused = [], []

    def race():
        try:
            begun.append(journal.begin(new()))
        except AlreadyOpenError:
            refused.append(1)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 7) == (len(begun), len(refused))


def _begin_elsewhere(path, results):
    try:
        Journal(path).begin(new())
        results.put("begun")
    except AlreadyOpenError:
        results.put("refused")


def test_of_two_processes_one_begins_a_request(journal):
    """The same is true across processes."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=_begin_elsewhere, args=(journal._database.path, results))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert ["begun", "refused"] == sorted(results.get(timeout=5) for _ in processes)
    results.close()
    results.join_thread()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes of this kind")
def test_only_the_user_can_read_the_journal(journal):
    """Folder 0700, file 0600."""
    journal.begin(new())
    assert (0o700, 0o600) == (
        journal._database.path.parent.stat().st_mode & 0o777,
        journal._database.path.stat().st_mode & 0o777,
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such folder")
def test_a_journal_that_cannot_be_opened_is_an_error():
    """The message names the file and the reason, and says that nothing is submitted."""
    with pytest.raises(
        JournalFailed, match=r"/dev/null/journal\.sqlite3 cannot be used .*Nothing is submitted"
    ):
        Journal(Path("/dev/null/journal.sqlite3")).begin(new())


def test_a_thumbnail_is_kept_as_long_as_an_entry_needs_it(journal):
    """It is stored once for all entries that use it, beside the database and not inside."""
    first, second = (journal.begin(new(name, thumbnail=THUMBNAIL)) for name in "fg")
    assert (first.thumbnail, THUMBNAIL) == (
        second.thumbnail,
        journal.thumbnails.read(first.thumbnail),
    )
    assert THUMBNAIL not in journal._database.path.read_bytes()
    kept = journal._database.path.parent / "thumbnails" / first.thumbnail
    os.utime(kept, (0, 0))
    journal.failed(first, "no")
    journal.prune(NOW)
    assert kept.exists()
    journal.failed(second, "no")
    journal.prune(NOW)
    assert (False, b"") == (kept.exists(), journal.thumbnails.read(first.thumbnail))


def test_a_thumbnail_that_cannot_be_deleted_fails_no_run(journal, monkeypatch):
    """Windows keeps an open file, or another process deletes it first; the rest is deleted."""
    entries = [
        journal.begin(new(str(number), thumbnail=bytes([number]) * 100)) for number in range(3)
    ]
    for entry in entries:
        os.utime(journal._database.path.parent / "thumbnails" / entry.thumbnail, (0, 0))
        journal.failed(entry, "no")
    real, calls = Path.unlink, []

    def unlink(path, **options):
        calls.append(path)
        if len(calls) <= 2:
            raise PermissionError if len(calls) == 1 else FileNotFoundError
        real(path, **options)

    monkeypatch.setattr(Path, "unlink", unlink)
    journal.prune(NOW)
    left = list((journal._database.path.parent / "thumbnails").iterdir())
    assert (3, 2) == (len(calls), len(left))


@pytest.mark.parametrize("name", ["", "../journal.sqlite3", "nothing.jpg", "/etc/hostname"])
def test_no_name_escapes_the_folder_of_thumbnails(journal, name):
    """A row that was tampered with reads no other file."""
    journal.begin(new(thumbnail=THUMBNAIL))
    assert b"" == journal.thumbnails.read(name)


def test_the_newest_entries_come_first_and_in_pages(journal):
    """The list of recent tasks shows them this way."""
    entries = [journal.begin(new(str(number))) for number in range(5)]
    page = journal.recent(2)
    assert ["4", "3"] == [entry.fingerprint for entry in page]
    assert ["2", "1"] == [entry.fingerprint for entry in journal.recent(2, before=page[-1].id)]
    assert [entries[0]] == journal.recent(10, before=entries[1].id)


def test_the_cost_of_a_day_is_summed_by_currency(journal):
    """Refused and failed tasks are free, uncertain ones count, an unknown price adds nothing."""
    for number, cost in enumerate([YEN, YEN, Cost(Decimal("0.5"), "USD"), None]):
        journal.submitted(journal.begin(new(str(number), cost=cost)), str(number))
    journal.uncertain(journal.begin(new("lost", cost=YEN)))
    journal.failed(journal.begin(new("refused", cost=YEN)), "no")
    assert {"CNY": Decimal("9.00"), "USD": Decimal("0.5")} == journal.spent(0, NOW)
    assert {} == journal.spent(NOW, NOW + 1)


def test_only_ended_tasks_can_be_forgotten(journal):
    """A paid task that still runs stays, whether it is named or old."""
    running = journal.submitted(journal.begin(new("r")), "t")
    finished = journal.finished(journal.submitted(journal.begin(new("d")), "u"), Path("v"))
    journal.forget(running)
    journal.prune(NOW)
    assert (running, None) == (journal.find("r", NOW), journal.find("d", NOW))
    assert finished.id not in {entry.id for entry in journal.recent(10)}
