"""The list of tasks, without ComfyUI."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest


@pytest.fixture
def tasks(pack):
    return pack("host.page.tasks")


@pytest.fixture
def journal(pack, tmp_path):
    """Return a journal that counts the rows it reads."""

    class CountingJournal(pack("wan27.journal.journal").Journal):
        rows = 0

        def recent(self, count, before=None):
            entries = super().recent(count, before)
            self.rows += len(entries)
            return entries

    return CountingJournal(tmp_path / "journal.sqlite3")


@pytest.fixture
def begin(pack, journal):
    """Return a function that begins a task of that cost, up to its task id."""

    def begin(name, cost=None):
        new = pack("wan27.journal.entry").NewEntry(
            fingerprint=name, host="novita", account="a", cost=cost
        )
        return journal.submitted(journal.begin(new), name)

    return begin


def test_a_page_reads_one_row_more_than_it_returns(tasks, journal, begin, tmp_path):
    """The extra row tells that there are older tasks, however long the journal is."""
    for number in range(30):
        begin(f"task{number}")
    page = tasks.task_page(journal, tmp_path, 10, None, time.time())
    assert (11, [f"task{number}" for number in range(29, 19, -1)], True) == (
        journal.rows,
        [task["task_id"] for task in page["tasks"]],
        page["more"],
    )
    assert not tasks.task_page(journal, tmp_path, 10, 11, time.time())["more"]


def test_the_amounts_of_today_are_summed_by_currency(pack, tasks, journal, begin, tmp_path):
    """Since local midnight; free tasks are left out."""
    cost = pack("wan27.money").Cost
    amounts = [("1.50", "CNY"), ("1.50", "CNY"), ("0.5", "USD"), ("0", "EUR")]
    for number, (amount, currency) in enumerate(amounts):
        begin(str(number), cost(Decimal(amount), currency))

    def today(now):
        return sorted(tasks.task_page(journal, tmp_path, 1, None, now)["today"])

    now = time.time()
    assert ["$0.50", "¥3.00"] == today(now)
    assert [] == today(now + 24 * 3600)


def test_a_video_in_the_output_folder_can_be_played(tasks, journal, begin, tmp_path):
    """A video elsewhere, or one that is gone, has its path alone."""
    output = tmp_path / "output"
    (output / "wan27").mkdir(parents=True)
    inside, outside = output / "wan27" / "a.mp4", tmp_path / "b.mp4"
    for path in (inside, outside):
        path.write_bytes(b"x")

    def payload(name, path):
        return tasks.task_payload(journal.finished(begin(name), path), output)

    task = payload("a", inside)
    view = {"filename": "a.mp4", "subfolder": "wan27", "type": "output"}
    assert (view, str(inside)) == (task["video"], task["path"])
    task = payload("b", outside)
    assert (None, str(outside)) == (task["video"], task["path"])
    assert None is payload("c", output / "wan27" / ".." / ".." / "b.mp4")["video"]
    assert None is payload("d", output / "gone.mp4")["video"]


def test_a_task_is_sent_with_the_actions_of_its_state(pack, tasks, journal, begin, tmp_path):
    """Only a task at the host can be collected, and only an ended one forgotten."""
    new = pack("wan27.journal.entry").NewEntry
    submitting = journal.begin(new(fingerprint="a", host="novita", account="a"))
    running = begin("b")
    entries = {
        "submitting": submitting,
        "running": running,
        "finished": journal.finished(running, tmp_path / "b.mp4"),
        "failed": journal.failed(begin("c"), "refused"),
        "uncertain": journal.uncertain(submitting),
    }
    expected = {
        "submitting": [],
        "running": ["collect"],
        "finished": ["collect", "forget"],
        "failed": ["forget"],
        "uncertain": ["forget"],
    }
    sent = {
        state: tasks.task_payload(entry, tmp_path)["actions"] for state, entry in entries.items()
    }
    assert (expected, list(entries)) == (sent, [entry.state.value for entry in entries.values()])


def test_a_change_is_announced_once_it_is_on_disk(pack, tmp_path):
    """Reading announces nothing."""
    states = []
    journal = pack("wan27.journal.journal").Journal(
        tmp_path / "journal.sqlite3",
        lambda: states.append([entry.state.value for entry in journal.recent(9)]),
    )
    entry = journal.begin(
        pack("wan27.journal.entry").NewEntry(fingerprint="f", host="novita", account="a")
    )
    entry = journal.finished(journal.submitted(entry, "t"), tmp_path / "t.mp4")
    journal.find_task("novita", "t")
    journal.forget(entry)
    assert [["submitting"], ["running"], ["finished"], []] == states
