"""The list of tasks, without ComfyUI."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import product
from pathlib import PurePosixPath

import pytest


@pytest.fixture
def tasks(pack):
    return pack("host.page.task_page")


@pytest.fixture
def journal(pack, tmp_path):
    """Return a journal that counts the rows it reads."""

    class CountingJournal(pack("wan27.journal.journal").Journal):
        rows = 0

        def recent(self, count, *given):
            entries = super().recent(count, *given)
            self.rows += len(entries)
            return entries

    return CountingJournal(tmp_path / "journal.sqlite3")


@pytest.fixture
def begin(pack, journal):
    """Return a function that begins a task of 5 s and that cost, up to its task id."""

    def begin(name, cost=None):
        new = pack("wan27.journal.entry").NewEntry(
            fingerprint=name, host="novita", cost=cost, parameters={"duration": 5}
        )
        return journal.submitted(journal.begin(new), name)

    return begin


@pytest.fixture
def file(pack):
    """Return a function that returns the record of a finished video."""
    return lambda path: pack("wan27.journal.changes").VideoFile(PurePosixPath(path), 1, "ab")


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


def test_days_and_months_are_summed_by_currency(pack, tasks, journal, begin, tmp_path):
    """By local midnight; free tasks are left out. Seconds count where a price is unknown."""
    cost = pack("wan27.money").Cost
    moments = [(2025, 12, 31, 23, 59), (2026, 1, 1, 0, 0), (2026, 1, 31, 12, 0), (2026, 2, 3, 9, 0)]
    *days, now = (time.mktime((*each, 0, 0, 0, -1)) for each in moments)
    amounts = [("1.50", "CNY"), ("1.50", "CNY"), ("0.5", "USD"), ("0", "EUR"), None]
    for number, (day, amount) in enumerate(product(days, amounts)):
        entry = begin(str(number), amount and cost(Decimal(amount[0]), amount[1]))
        with journal._database.transaction() as table:
            table.update(entry, created=day + number)
    day = {"amounts": ["¥3.00", "$0.50"], "seconds": 20}
    nothing = {"amounts": [], "seconds": 0}
    page = tasks.task_page(journal, tmp_path, 15, None, now)
    assert {
        **dict.fromkeys(("2025-12-31", "2026-01-01", "2026-01-31", "2025-12"), day),
        "2026-01": {"amounts": ["¥6.00", "$1.00"], "seconds": 40},
        **dict.fromkeys(("2026-02-03", "2026-02"), nothing),
    } == page["totals"]
    assert ("2026-02-03", "2026-01-31") == (page["today"], page["tasks"][0]["day"])
    newest = tasks.task_page(journal, tmp_path, 1, None, days[2])["totals"]
    assert {"2026-01-31": day, "2026-01": page["totals"]["2026-01"]} == newest


def test_a_task_that_failed_has_no_price(pack, tasks, journal, begin, tmp_path):
    """Nothing is to pay where the host says so or has no task; else that is unknown."""
    cost = pack("wan27.money").Cost(Decimal("1.50"), "CNY")
    refused = pack("wan27.journal.entry").NewEntry(fingerprint="f", host="novita", cost=cost)
    entries = {
        "¥1.50": begin("a", cost),
        "": journal.failed(begin("b", cost), "no face", is_free=True),
        None: journal.failed(begin("c", cost), "no face"),
    }
    assert list(entries) == [
        tasks.task_payload(each, tmp_path)["price"] for each in entries.values()
    ]
    entry = journal.failed(journal.begin(refused), "too long")
    assert "" == tasks.task_payload(entry, tmp_path)["price"]


def test_a_video_in_the_output_folder_can_be_played(tasks, journal, begin, file, tmp_path):
    """One that is gone has its path alone."""
    (tmp_path / "wan27").mkdir()
    (tmp_path / "wan27" / "a.mp4").write_bytes(b"x")

    def payload(name, path):
        return tasks.task_payload(journal.finished(begin(name), file(path)), tmp_path)

    task = payload("a", "wan27/a.mp4")
    view = {"filename": "a.mp4", "subfolder": "wan27", "type": "output"}
    assert (view, str(tmp_path / "wan27" / "a.mp4")) == (task["video"], task["path"])
    task = payload("b", "wan27/gone.mp4")
    assert (None, str(tmp_path / "wan27" / "gone.mp4")) == (task["video"], task["path"])


def test_a_task_names_its_hosts_page_of_charges(pack, tasks, journal, begin, tmp_path):
    """And the host by its name, as its errors do, also at an address of the user's own.

    Another address than the one that is set is shown as it is.
    """
    gateway, other = "https://gateway.example", "https://other.example"
    settings = {"WAN27_BASE_URL": gateway, "NOVITA_API_KEY": "key"}
    for number, host in enumerate(("novita", gateway, other)):
        journal.adopt(host=host, task_id=str(number))
    page = tasks.task_page(
        *(journal, tmp_path, 3, None, 1e9),
        host_of=lambda host_id: pack("wan27.api.key").host_of(host_id, settings.get),
    )
    novita = pack("wan27.api.hosts").hosts_by_key()["NOVITA_API_KEY"]
    assert novita.billing != novita.console
    assert [("other.example", None), *[("Novita", novita.billing)] * 2] == [
        (task["host"], task["billing"]) for task in page["tasks"]
    ]


def test_a_damaged_journal_is_in_the_page_until_it_is_acknowledged(tasks, journal, tmp_path):
    """The first look sets the damaged file aside, and says so itself."""
    journal.recent(1)
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(Exception, match="found damaged"):
        tasks.task_page(journal, tmp_path, 1, None, 1e9)
    damage = tasks.task_page(journal, tmp_path, 1, None, 1e9)["damage"]
    assert "choose I have read this" in damage
    journal.acknowledge_damage()
    assert None is tasks.task_page(journal, tmp_path, 1, None, 1e9)["damage"]


def test_a_task_is_sent_with_the_actions_of_its_state(pack, tasks, journal, begin, file, tmp_path):
    """A person decides about what is uncertain or lost; only what has ended can be forgotten."""
    new = pack("wan27.journal.entry").NewEntry
    submitting = journal.begin(new(fingerprint="a", host="novita"))
    running = begin("b")
    entries = {
        "submitting": submitting,
        "running": running,
        "finished": journal.finished(running, file("wan27/b.mp4")),
        "failed": journal.failed(begin("c"), "refused"),
        "uncertain": journal.uncertain(submitting, "no response"),
        "lost": journal.lost(begin("d"), "unknown"),
        "abandoned": journal.abandon(begin("e")),
    }
    expected = {
        "submitting": [],
        "running": ["collect", "abandon"],
        "finished": ["collect", "forget"],
        "failed": ["forget"],
        "uncertain": ["attach", "abandon"],
        "lost": ["collect", "attach", "abandon"],
        "abandoned": ["forget"],
    }
    sent = {
        state: tasks.task_payload(entry, tmp_path)["actions"] for state, entry in entries.items()
    }
    assert (expected, list(entries)) == (sent, [entry.state.value for entry in entries.values()])
    attached = journal.attach(entries["uncertain"], "f")
    assert ["collect", "abandon", "detach"] == tasks.task_payload(attached, tmp_path)["actions"]


def test_a_change_is_announced_once_it_is_on_disk(pack, file, tmp_path):
    """Reading announces nothing."""
    states = []
    journal = pack("wan27.journal.journal").Journal(
        tmp_path / "journal.sqlite3",
        lambda: states.append([entry.state.value for entry in journal.recent(9)]),
    )
    entry = journal.begin(pack("wan27.journal.entry").NewEntry(fingerprint="f", host="novita"))
    entry = journal.finished(journal.submitted(entry, "t"), file("wan27/t.mp4"))
    journal.find_task("novita", "t")
    journal.forget(entry)
    assert [["submitting"], ["running"], ["finished"], []] == states
