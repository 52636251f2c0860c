"""The journal's file: newer versions, damage of every kind, full disks.

Nothing crashes, and no paid task is lost.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wan27.errors import JournalFailed
from wan27.journal import database
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.listing import Query
from wan27.journal.states import GROUPS, State
from wan27.money import DayLimits

from .own_disk import run_on_own_disk


def new(fingerprint="f", **changes):
    return NewEntry(fingerprint=fingerprint, host="novita", **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite3"


def fill(path, count=60):
    """Write a journal of running tasks (t0, t1, …) that is several pages long."""
    journal = Journal(path)
    for number in range(count):
        journal.submitted(
            journal.begin(new(str(number), parameters={"prompt": "a boat " * 20})), f"t{number}"
        )
    return journal


def damaged_copies(path):
    return sorted(path.parent.glob("*.damaged-*.sqlite3"))


def task_ids(journal):
    return {entry.task_id for entry in journal.recent(1000)}


def statements(monkeypatch, call):
    """Return the SQL that a call sends."""
    seen, connect = [], database.connect

    def traced(path):
        connection = connect(path)
        connection.set_trace_callback(seen.append)
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(database, "connect", traced)
        call()
    return seen


CALLS = {
    "find": lambda journal: journal.find("3"),
    "a task": lambda journal: journal.find_task("novita", "t3"),
    "a result": lambda journal: journal.find_result(PurePosixPath("wan27/v.mp4")),
    "known videos": lambda journal: journal.videos_in(PurePosixPath("wan27")),
    "the list": lambda journal: journal.recent(51),
    "its next page": lambda journal: journal.recent(51, before=5),
    "the list of a task": lambda journal: journal.recent(51, None, Query(task_id="t3")),
    "a group of it": lambda journal: journal.recent(51, None, Query(states=GROUPS["failed"])),
    "a state": lambda journal: journal.in_state(State.SUBMITTING),
    "spent": lambda journal: journal.spent(1e9),
    "spent by day": lambda journal: journal.spent_by_day(1e9, 2e9),
    "needed uploads": lambda journal: journal.is_needed("x.png"),
    "ended uploads": lambda journal: journal.end_uploads(1e9, lambda *_: True),
    "deleted uploads": lambda journal: journal.forget_uploads([]),
    "forgetting": lambda journal: journal.prune(1e9),
    "begin": lambda journal: journal.begin(new("another"), DayLimits(since=1e9)),
    "uncertain": lambda journal: journal.uncertain(journal.find("3"), "no response"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_call_reads_every_entry(path, monkeypatch, call):
    """Each query has an index: a hundred thousand tasks are looked up like ten."""
    journal = fill(path, 4)
    asked = [sql for sql in statements(monkeypatch, lambda: call(journal)) if " entries" in sql]
    with closing(sqlite3.connect(path)) as connection:
        steps = [
            step
            for sql in asked
            if not sql.startswith("INSERT")
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]
    assert (True, []) == (
        bool(steps),
        [step for step in steps if step.startswith("SCAN entries") and "INDEX" not in step],
    )


def test_the_whole_file_is_read_once_unless_another_program_changes_it(path, monkeypatch):
    """Also after what this process writes; a change by others is read at the next Run."""
    journal = fill(path, 2)
    counts = []
    for change in (None, lambda: journal.begin(new("own")), path.touch, None):
        if change is not None:
            change()
        sent = statements(monkeypatch, journal.check)
        counts.append(sum("integrity_check" in sql for sql in sent))
    assert [1, 0, 1, 0] == counts


def test_damage_that_no_check_has_read_leads_to_no_second_purchase(path, monkeypatch):
    """A byte of the disk changes after the check: the request is found, or the damage is."""
    fill(path, 3)
    monkeypatch.setattr(database.Database, "_set_aside", lambda _: (path, 0.0))
    sound = path.read_bytes()
    for number in [index for index in range(100, len(sound)) if sound[index]][::3]:
        content = bytearray(sound)
        content[number] ^= 1 << number % 8
        path.write_bytes(content)
        Path(f"{path}-journal").unlink(missing_ok=True)
        try:
            assert Journal(path).find("1") is not None, f"byte {number}"
        except JournalFailed:
            continue


# What leads back to the tables of versions 2 and 1, from which the first users came.
BACK_TO_2 = """
DROP INDEX entries_with_workflow; ALTER TABLE entries DROP COLUMN workflow;
PRAGMA user_version = 2;
"""
BACK_TO_1 = f"""{BACK_TO_2}
DROP INDEX one_entry_of_task; DROP INDEX entries_by_age; DROP INDEX entries_by_path;
DROP INDEX entries_listed; DROP INDEX entries_with_uploads; DROP INDEX entries_with_thumbnail;
CREATE UNIQUE INDEX one_entry_a_task ON entries (host, task_id);
CREATE INDEX entries_by_state ON entries (state, updated);
PRAGMA user_version = 1;
"""


@pytest.mark.parametrize("back", [BACK_TO_1, BACK_TO_2], ids=["1", "2"])
def test_a_file_of_an_older_version_becomes_todays(path, back):
    """Its entries stay, and it has the tables of a new one."""
    fill(path, 5)

    def schema():
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
            version = connection.execute("PRAGMA user_version").fetchone()
            return connection.execute(query).fetchall(), version

    today = schema()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(back)
    before = schema()
    journal = Journal(path)
    journal.check()
    assert ({"t0", "t1", "t2", "t3", "t4"}, True) == (task_ids(journal), before != today)
    assert today == schema()


def test_a_file_of_a_newer_version_is_not_changed(path):
    """An older pack cannot know its meaning, so it raises an error and submits nothing."""
    fill(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(
        JournalFailed, match="made by a newer version of this pack. Update the pack"
    ):
        Journal(path).find("0")
    assert (before, []) == (path.read_bytes(), damaged_copies(path))


def test_a_file_that_is_no_database_is_set_aside_and_a_new_one_created(path):
    """The old file is kept unchanged and named in the error, until a person has read it."""
    path.parent.mkdir()
    path.write_bytes(b"no journal at all " * 1000)
    with pytest.raises(JournalFailed, match="was found damaged") as caught:
        Journal(path).find("f")
    [copy] = damaged_copies(path)
    assert (True, b"no journal at all " * 1000) == (
        str(copy) in str(caught.value),
        copy.read_bytes(),
    )
    Journal(path).acknowledge_damage()
    assert State.SUBMITTING is Journal(path).begin(new()).state


# The first two pages are the roots of the file and of its table.
@pytest.mark.parametrize(
    ("page", "older"), [*((page, "") for page in range(2, 8)), pytest.param(2, BACK_TO_2, id="v2")]
)
def test_the_readable_rows_of_a_damaged_file_are_kept(path, page, older):
    """A damaged page loses only its own tasks.

    All others are still task_ids, so they are not bought again.
    """
    journal = fill(path)
    before = task_ids(journal)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(older)
    content = bytearray(path.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(JournalFailed, match="check your account at the host first"):
        Journal(path).check()
    after = task_ids(Journal(path))
    assert (set(), True) == (after - before, len(after) >= len(before) - 20)
    Journal(path).check()


def test_nothing_is_bought_until_a_person_has_acknowledged_the_damage(path):
    """Not by this Run, not by a later one, not after a restart, whatever the clock says.

    Readable tasks are still found, and none of the decisions about them waits.
    """
    fill(path)
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    Path(f"{path}-journal").unlink()
    for _ in range(3):
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).check() or Journal(path).find("unknown")
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).begin(new("unknown"))
    assert "t59" == Journal(path).find("59").task_id
    assert "found damaged" in Journal(path).damage()
    Journal(path).acknowledge_damage()
    assert (None, None) == (Journal(path).damage(), Journal(path).find("unknown"))
    assert State.SUBMITTING is Journal(path).begin(new("unknown")).state


def test_a_second_damage_needs_a_second_acknowledgement(path):
    """What was read of the first says nothing of the tasks that the second may have lost."""
    for _ in range(2):
        fill(path, 1) if not path.exists() else None
        path.write_bytes(b"nonsense" * 1000)
        Path(f"{path}-journal").unlink(missing_ok=True)
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).check()
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).find("f")
        Journal(path).acknowledge_damage()
        assert Journal(path).find("f") is None


def test_the_open_entries_of_a_damaged_file_keep_their_claims(path):
    """An uncertain one blocks its request after the recovery too, beside a later failed one."""
    journal = fill(path, 3)
    doubtful = journal.uncertain(journal.begin(new("doubtful")), "no response")
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096  # an index: every row can still be read
    path.write_bytes(content)
    with pytest.raises(JournalFailed, match="found damaged"):
        journal.check()
    journal.acknowledge_damage()
    assert (State.UNCERTAIN, doubtful.created) == (
        journal.find("doubtful").state,
        journal.find("doubtful").created,
    )


@pytest.fixture(scope="module")
def twelve_tasks(tmp_path_factory):
    """A journal of twelve tasks."""
    path = tmp_path_factory.mktemp("twelve") / "journal.sqlite3"
    fill(path, 12)
    return path


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    overwritten=st.lists(
        st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=64)), min_size=1, max_size=12
    ),
    length=st.sampled_from([None, None, None, 5000, 4096, 100]),
)
# A name in the schema that is no text.
@example(overwritten=[(0.1842330974948623, b"\x80")], length=None)
@example(overwritten=[(0.171875, b"\x80")], length=None)
def test_no_overwritten_bytes_crash_the_journal(
    tmp_path_factory, twelve_tasks, overwritten, length
):
    """Each call works or explains what happened, and the next one works."""
    path = tmp_path_factory.mktemp("overwritten") / "journal.sqlite3"
    content = bytearray(twelve_tasks.read_bytes())
    for position, change in overwritten:
        start = int(position * len(content))
        content[start : start + len(change)] = change
    path.write_bytes(content[:length])
    for call in (
        Journal.check,
        lambda journal: journal.find("3"),
        lambda journal: journal.begin(new("n")),
        lambda journal: journal.recent(50),
        Journal.acknowledge_damage,
    ):
        try:
            call(Journal(path))
        except JournalFailed as error:
            assert any(word in str(error) for word in ("found damaged", "newer version"))
            if "newer version" in str(error):
                return
    assert (
        Journal(path).find("n") is not None
        or State.SUBMITTING is Journal(path).begin(new("n")).state
    )


def _find(path, results):
    try:
        Journal(path).find("unknown")
        results.put("no error")
    except JournalFailed:
        results.put("error")


def test_several_processes_set_one_file_aside_once(path):
    """One does it, the others wait until it is done; all raise the error."""
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_find, args=(path, results)) for _ in range(3)]
    for process in processes:
        process.start()
    assert ["error"] * 3 == [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    results.close()
    results.join_thread()
    assert 1 == len(damaged_copies(path))


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    """A file has the folder's name."""
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(JournalFailed, match="state is a file, .* Move it away"):
        Journal(tmp_path / "state" / "journal.sqlite3").find("f")


FULL_DISK = """
import os, sys
from pathlib import Path, PurePosixPath
sys.path.insert(0, sys.argv[1])
from wan27.journal import database
from wan27.journal.entry import NewEntry
from wan27.errors import JournalFailed
from wan27.journal.journal import Journal
disk = Path(sys.argv[2])
journal = Journal(disk / "journal.sqlite3")
entry = None
for number in range(3):
    entry = journal.begin(NewEntry(fingerprint=str(number), host="h"))
with open(disk / "filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
print(journal.submitted(entry, "task-of-a-full-disk").task_id)
refused = 0
for number in range(100):
    try:
        long = {"prompt": "x" * 4000}
        journal.begin(NewEntry(fingerprint=f"new {number}", host="h", parameters=long))
    except JournalFailed as error:
        refused += "is full, so the journal" in str(error)
print(refused > 0, Journal(disk / "journal.sqlite3").find("2").task_id)
"""


def test_a_disk_that_fills_up_during_a_submission_loses_no_task(tmp_path):
    """The id is recorded without a free byte; the next submission is refused before it is sent."""
    expected = ["task-of-a-full-disk", "True task-of-a-full-disk"]
    assert expected == run_on_own_disk(tmp_path, FULL_DISK, "-o size=512k")
