"""The file of the journal: older and newer versions, damage of every kind, full and read-only disks.

Nothing crashes and no paid task is lost.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wan27.errors import JournalFailed
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.states import State

NOW = 1e12  # a Run that comes after all that was ever found damaged


def new(fingerprint="f", asked=NOW, **changes):
    return NewEntry(fingerprint=fingerprint, host="novita", account="me", asked=asked, **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite3"


def fill(path, count=60):
    """A journal of that many running tasks, "t0" and so on, some pages long."""
    journal = Journal(path)
    for number in range(count):
        journal.submitted(
            journal.begin(new(str(number), parameters={"prompt": "a boat " * 20})), f"t{number}"
        )
    return journal


def asides(path):
    return sorted(path.parent.glob("*.damaged-*.sqlite3"))


def known(journal):
    return {entry.task_id for entry in journal.recent(1000)}


def test_a_newer_file_is_left_alone(path):
    """An older pack cannot know what a newer one means, so it says so, submits nothing and changes nothing."""
    fill(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(
        JournalFailed, match="made by a newer version of this pack. Update the pack"
    ):
        Journal(path).find("0", NOW)
    assert (before, []) == (path.read_bytes(), asides(path))


def test_a_file_of_nonsense_is_set_aside_and_a_new_one_begun(path):
    """It is kept to the byte and named in the error; the next Run works."""
    path.parent.mkdir()
    path.write_bytes(b"no journal at all " * 1000)
    with pytest.raises(JournalFailed, match="was found damaged") as caught:
        Journal(path).find("f", 0)
    [aside] = asides(path)
    assert (True, b"no journal at all " * 1000) == (
        str(aside) in str(caught.value),
        aside.read_bytes(),
    )
    assert State.SUBMITTING is Journal(path).begin(new()).state


@pytest.mark.parametrize(
    "page", range(2, 8)
)  # the first two are the roots of the file and of its table
def test_what_can_be_read_of_a_damaged_file_is_kept(path, page):
    """One page of nonsense costs the tasks of that page; all others are still known and are not bought again."""
    journal = fill(path)
    before = known(journal)
    content = bytearray(path.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(JournalFailed, match="check your account at the host first"):
        Journal(path).check()
    after = known(Journal(path))
    assert (set(), True) == (after - before, len(after) >= len(before) - 20)
    Journal(path).check()


def test_before_anything_is_bought_the_damage_is_told_to_every_run_that_was_under_way(path):
    """Six nodes of one graph: whichever finds it, none of them buys; tasks that could be read are still found; the next Run buys."""
    fill(path)
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    Path(f"{path}-journal").unlink()
    for _ in range(3):
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).check() or Journal(path).find("unknown", 0)
        with pytest.raises(JournalFailed, match="found damaged"):
            Journal(path).begin(new("unknown", asked=0))
    assert "t59" == Journal(path).find("59", 0).task_id
    assert State.SUBMITTING is Journal(path).begin(new("unknown")).state


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
    flips=st.lists(
        st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=64)), min_size=1, max_size=12
    ),
    length=st.sampled_from([None, None, None, 5000, 4096, 100]),
)
@example(flips=[(0.1842330974948623, b"\x80")], length=None)  # a name of the schema that is no text
@example(flips=[(0.171875, b"\x80")], length=None)
def test_no_flipped_bytes_crash_it(tmp_path_factory, twelve_tasks, flips, length):
    """Whatever is written over the file: each call works or says what happened, and after that it works."""
    path = tmp_path_factory.mktemp("flip") / "journal.sqlite3"
    content = bytearray(twelve_tasks.read_bytes())
    for place, change in flips:
        start = int(place * len(content))
        content[start : start + len(change)] = change
    path.write_bytes(content[:length])
    for call in (
        Journal.check,
        lambda journal: journal.find("3", NOW),
        lambda journal: journal.begin(new("n")),
        lambda j: j.recent(50),
    ):
        try:
            call(Journal(path))
        except JournalFailed as error:
            assert any(word in str(error) for word in ("found damaged", "newer version"))
            if "newer version" in str(error):
                return
    assert (
        Journal(path).find("n", NOW) is not None
        or State.SUBMITTING is Journal(path).begin(new("n")).state
    )


def _find(path, results):
    try:
        Journal(path).find("unknown", 0)
        results.put("nothing said")
    except JournalFailed:
        results.put("told")


def test_two_processes_set_one_file_aside(path):
    """One does it, the other waits and finds it done; both are told."""
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_find, args=(path, results)) for _ in range(3)]
    for process in processes:
        process.start()
    assert ["told"] * 3 == [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    results.close()
    results.join_thread()
    assert 1 == len(asides(path))


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(JournalFailed, match="Make the folder writable"):
        Journal(tmp_path / "state" / "journal.sqlite3").find("f", NOW)


FULL_DISK = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from wan27.journal.entry import NewEntry
from wan27.errors import JournalFailed
from wan27.journal.journal import Journal
disk = Path(sys.argv[2])
journal = Journal(disk / "journal.sqlite3")
entry = None
for number in range(3):
    entry = journal.begin(NewEntry(fingerprint=str(number), host="h", account="a"))
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
        journal.begin(NewEntry(fingerprint=f"new {number}", host="h", account="a", parameters={"prompt": "x" * 4000}))
    except JournalFailed as error:
        refused += "free some disk space" in str(error)
print(refused > 0, Journal(disk / "journal.sqlite3").find("2", 0).task_id)
"""


def test_a_disk_that_fills_up_during_a_submission_loses_no_task(tmp_path):
    """The id is recorded on a disk without a byte left; the next submission is refused before it leaves."""
    root = Path(__file__).parents[3]
    command = (
        f"mount -t tmpfs -o size=512k tmpfs '{tmp_path}' && exec '{sys.executable}' -c \"$0\""
        f" '{root}' '{tmp_path}'"
    )
    unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c", command, FULL_DISK]
    try:
        done = subprocess.run(unshare, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("a disk of its own needs Linux's unshare")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"this machine lets no test mount a disk: {done.stderr.strip()}")
    assert [
        "task-of-a-full-disk",
        "True task-of-a-full-disk",
    ] == done.stdout.splitlines(), done.stderr
