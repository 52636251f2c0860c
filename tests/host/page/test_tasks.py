"""The list of tasks, without ComfyUI."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest


@pytest.fixture
def journal(pack, tmp_path):
    """A journal that counts the rows that are read out of it."""

    class Counting(pack("wan27.journal.journal").Journal):
        rows = 0

        def recent(self, count, before=None):
            found = super().recent(count, before)
            self.rows += len(found)
            return found

    return Counting(tmp_path / "journal.sqlite3")


@pytest.fixture
def begin(pack, journal):
    """Begin a task with that cost, and let it run."""

    def begin(name, cost=None):
        new = pack("wan27.journal.entry").NewEntry(
            fingerprint=name, host="novita", account="a", cost=cost
        )
        return journal.submitted(journal.begin(new), name)

    return begin


def test_a_page_reads_its_own_rows_and_one_more(pack, journal, begin, tmp_path):
    """However long the record is: the one more says whether it goes on."""
    for number in range(30):
        begin(f"task{number}")
    page = pack("host.page.tasks").task_page(journal, tmp_path, 10, None, time.time())
    assert (11, [f"task{number}" for number in range(29, 19, -1)], True) == (
        journal.rows,
        [task["task_id"] for task in page["tasks"]],
        page["more"],
    )
    assert not pack("host.page.tasks").task_page(journal, tmp_path, 10, 11, time.time())["more"]


def test_today_is_summed_by_currency(pack, journal, begin, tmp_path):
    """Since this machine's midnight; what is free is not mentioned, and tomorrow it is nothing."""
    cost, page = pack("wan27.money").Cost, pack("host.page.tasks").task_page
    for number, (amount, currency) in enumerate(
        [("1.50", "CNY"), ("1.50", "CNY"), ("0.5", "USD"), ("0", "EUR")]
    ):
        begin(str(number), cost(Decimal(amount), currency))
    now = time.time()
    assert ["$0.50", "¥3.00"] == sorted(page(journal, tmp_path, 1, None, now)["today"])
    assert [] == page(journal, tmp_path, 1, None, now + 24 * 3600)["today"]


def test_a_video_is_named_as_the_page_can_play_it(pack, journal, begin, tmp_path):
    """Below the output folder by its subfolder; elsewhere or gone, by the path alone."""
    described, output = pack("host.page.tasks").described, tmp_path / "output"
    (output / "wan27").mkdir(parents=True)
    inside, outside = output / "wan27" / "a.mp4", tmp_path / "b.mp4"
    for path in (inside, outside):
        path.write_bytes(b"x")
    task = described(journal.finished(begin("a"), inside), output)
    assert ({"filename": "a.mp4", "subfolder": "wan27", "type": "output"}, str(inside)) == (
        task["video"],
        task["path"],
    )
    task = described(journal.finished(begin("b"), outside), output)
    assert (None, str(outside)) == (task["video"], task["path"])
    task = described(journal.finished(begin("c"), output / "wan27" / ".." / ".." / "b.mp4"), output)
    assert None is task["video"]
    assert None is described(journal.finished(begin("d"), output / "gone.mp4"), output)["video"]


def test_a_task_is_sent_with_the_actions_of_its_state(pack, journal, begin, tmp_path):
    """Only a task at the host can be collected, and only an ended one forgotten."""
    new = pack("wan27.journal.entry").NewEntry
    payload = pack("host.page.tasks").described
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
    sent = {state: payload(entry, tmp_path)["actions"] for state, entry in entries.items()}
    assert (expected, list(entries)) == (sent, [entry.state.value for entry in entries.values()])


def test_a_change_is_told_once_it_is_on_disk(pack, tmp_path):
    """Each of them, from whichever thread; reading tells nothing."""
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
