"""The record of submissions: committed before it is believed, one open entry per request, and no state outside the table."""

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

SMALL = b"\xff\xd8 a small picture"
YEN = Cost(Decimal("3.00"), "CNY")
NOW = 1e12  # a Run that comes after all that was ever heard or not


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


def test_a_submission_is_found_again_in_each_of_its_states(journal):
    """Begun, submitted, finished: the same row, seen by another object on the same file."""
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
def test_a_request_is_open_once(journal, moves):
    """While an entry is submitting, running or finished, the same request cannot be begun again."""
    entry = journal.begin(new())
    for move in moves:
        entry = move(journal, entry, {Journal.submitted: "t", Journal.finished: Path("v")}[move])
    with pytest.raises(AlreadyOpenError):
        journal.begin(new())
    assert "g" == journal.begin(new("g")).fingerprint


def test_an_answer_that_was_not_heard_in_this_run_stays_open_for_it(journal):
    """The second of two equal nodes finds it, and cannot begin; the next Run can."""
    journal.uncertain(journal.begin(new(asked=0)))
    assert State.UNCERTAIN is journal.find("f", 0).state
    with pytest.raises(AlreadyOpenError):
        journal.begin(new(asked=0))
    assert journal.find("f", NOW) is None
    assert State.SUBMITTING is journal.begin(new()).state


def test_what_failed_or_stayed_uncertain_may_be_begun_anew(journal):
    """Both are over; a refusal that never became a task leaves no row behind."""
    journal.failed(journal.begin(new()), "refused")
    journal.uncertain(journal.begin(new()))
    journal.submitted(journal.begin(new()), "t")
    with sqlite3.connect(journal._database.path) as connection:
        states = [state for (state,) in connection.execute("SELECT state FROM entries ORDER BY id")]
    connection.close()
    assert ["uncertain", "running"] == states


@pytest.mark.parametrize("start", State)
@pytest.mark.parametrize(
    "end", [state for state in State if state is not State.SUBMITTING]
)  # an entry only begins there
def test_no_state_changes_outside_the_table(journal, start, end):
    """A move that the table does not know leaves the row as it is."""
    to = {
        State.RUNNING: lambda e: journal.submitted(e, "t"),
        State.FINISHED: lambda e: journal.finished(e, Path("v")),
        State.FAILED: lambda e: journal.failed(e, "no"),
        State.UNCERTAIN: journal.uncertain,
    }
    ways = {
        State.SUBMITTING: [],
        State.RUNNING: [State.RUNNING],
        State.FINISHED: [State.RUNNING, State.FINISHED],
    }
    entry = journal.begin(new())
    for step in ways.get(start, [start]):
        entry = to[step](entry)
    assert (end if end in TRANSITIONS[start] else start) == to[end](entry).state


def test_a_task_is_adopted_once(journal):
    """Two Task Polls of one foreign id share a row, and a known task is not adopted anew."""
    ours = journal.submitted(journal.begin(new()), "t")
    assert ours.id == journal.adopt(host="novita", account="me", task_id="t").id
    foreign = journal.adopt(host="novita", account="me", task_id="x")
    assert foreign.id == journal.adopt(host="novita", account="me", task_id="x").id
    assert foreign.id != journal.adopt(host="ppio", account="me", task_id="x").id


def test_many_threads_begin_one_request_once(journal):
    """The database decides, not luck."""
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


def test_two_processes_begin_one_request_once(journal):
    """So it is across processes."""
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
def test_only_the_user_can_read_it(journal):
    """Folder 0700, file 0600."""
    journal.begin(new())
    assert (0o700, 0o600) == (
        journal._database.path.parent.stat().st_mode & 0o777,
        journal._database.path.stat().st_mode & 0o777,
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such folder")
def test_a_journal_that_cannot_be_used_says_so():
    """The sentence names the file and the reason, and promises that nothing is sent."""
    with pytest.raises(
        JournalFailed, match=r"/dev/null/journal\.sqlite3 cannot be used .*Nothing is submitted"
    ):
        Journal(Path("/dev/null/journal.sqlite3")).begin(new())


def test_a_small_copy_stays_with_the_entry(journal):
    """Kept once however often it is sent, beside the database and not in it, and gone when nothing needs it."""
    first, second = (
        journal.begin(new("f", thumbnail=SMALL)),
        journal.begin(new("g", thumbnail=SMALL)),
    )
    assert (first.thumbnail, SMALL) == (second.thumbnail, journal.thumbnails.read(first.thumbnail))
    assert SMALL not in journal._database.path.read_bytes()
    kept = journal._database.path.parent / "thumbnails" / first.thumbnail
    os.utime(kept, (0, 0))
    journal.failed(first, "no")
    journal.prune(NOW)
    assert kept.exists()
    journal.failed(second, "no")
    journal.prune(NOW)
    assert (False, b"") == (kept.exists(), journal.thumbnails.read(first.thumbnail))


def test_a_small_copy_that_cannot_be_removed_fails_no_run(journal, monkeypatch):
    """Windows keeps a file that somebody reads, and another process may have been faster; the next one is removed all the same."""
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
    assert (3, 2) == (
        len(calls),
        len(list((journal._database.path.parent / "thumbnails").iterdir())),
    )


@pytest.mark.parametrize("name", ["", "../journal.sqlite3", "nothing.jpg", "/etc/hostname"])
def test_no_name_leads_out_of_the_folder_of_pictures(journal, name):
    """A row that was tampered with reads nothing but pictures."""
    journal.begin(new(thumbnail=SMALL))
    assert b"" == journal.thumbnails.read(name)


def test_the_newest_entries_come_first_and_in_pages(journal):
    """As a list of recent tasks shows them."""
    entries = [journal.begin(new(str(number))) for number in range(5)]
    page = journal.recent(2)
    assert ["4", "3"] == [entry.fingerprint for entry in page]
    assert ["2", "1"] == [entry.fingerprint for entry in journal.recent(2, before=page[-1].id)]
    assert [entries[0]] == journal.recent(10, before=entries[1].id)


def test_a_day_is_summed_up_by_currency(journal):
    """What was refused or failed is free; what may have been charged counts; an unknown price counts nothing."""
    for number, cost in enumerate([YEN, YEN, Cost(Decimal("0.5"), "USD"), None]):
        journal.submitted(journal.begin(new(str(number), cost=cost)), str(number))
    journal.uncertain(journal.begin(new("lost", cost=YEN)))
    journal.failed(journal.begin(new("refused", cost=YEN)), "no")
    assert {"CNY": Decimal("9.00"), "USD": Decimal("0.5")} == journal.spent(0, NOW)
    assert {} == journal.spent(NOW, NOW + 1)


def test_only_what_has_ended_can_be_forgotten(journal):
    """A paid task under way stays, by name and by age."""
    running = journal.submitted(journal.begin(new("r")), "t")
    finished = journal.finished(journal.submitted(journal.begin(new("d")), "u"), Path("v"))
    journal.forget(running)
    journal.prune(NOW)
    assert (running, None) == (journal.find("r", NOW), journal.find("d", NOW))
    assert finished.id not in {entry.id for entry in journal.recent(10)}
