"""The words on the node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

LOCALES = Path(__file__).parents[3] / "locales"


@pytest.fixture
def status_of(pack):
    """Return a function that makes the status of some progress, as seen at a time."""

    def make(now, *, cost=None, bought=False, **progress):
        given = {"cost": cost and pack("wan27.money").Cost.parse(cost), "bought": bought}
        return pack("host.status.text").status_of(
            pack("wan27.session").Progress(**progress), "Novita", now, **given
        )

    return make


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        ({"phase": "submitting", "since": 100}, 100.4, "submitting · Novita"),
        (
            {"phase": "submitting", "since": 100, "bought": True},
            100.4,
            "submitting · Novita · price unknown",
        ),
        (
            {"phase": "queued", "since": 100, "cost": "3.00 CNY", "bought": True},
            112,
            "queued · 12 s · Novita · about ¥3.00",
        ),
        ({"phase": "queued", "since": 100, "cost": "0 USD"}, 90, "queued · Novita · free"),
        (
            {"phase": "processing", "since": 100, "percent": 35.4, "eta_seconds": 61},
            142,
            "processing 35 % · 42 s · about 1 min 01 s left · Novita",
        ),
        (
            {"phase": "processing", "since": 100, "percent": 0.0, "eta_seconds": 0.4},
            100,
            "processing · about 1 s left · Novita",
        ),
        (
            {"phase": "processing", "since": 100, "percent": 0.0},
            100 + 3725,
            "processing · 1 h 02 min · Novita",
        ),
        ({"phase": "found", "since": 100}, 100, "found on disk, nothing was bought · Novita"),
    ],
)
def test_what_is_known_is_said_and_nothing_else(pack, status_of, given, now, expected):
    """Percent, time gone, time left and price appear once they are known."""
    assert expected == pack("host.status.text").status_text(status_of(now, **given))


@pytest.mark.parametrize(
    ("phase", "bought", "expected"),
    [
        ("done", True, "done · task t1 · A notice."),
        ("done", False, "done · nothing was bought · task t1 · A notice."),
        ("submitted", True, "submitted · task t1 · A notice."),
    ],
)
def test_an_ending_names_the_task(pack, phase, bought, expected):
    """And says where nothing was bought; notices stay to the end."""
    status = pack("host.status.text").Status(
        phase, "Novita", bought=bought, task_id="t1", notices=("A notice.",)
    )
    assert expected == pack("host.status.text").status_text(status)


def test_every_phase_has_its_words_on_the_page(pack):
    """The page names each phase in the user's language."""
    english = json.loads((LOCALES / "en" / "main.json").read_text("utf-8"))["wan27"]
    assert {f"phase_{phase}" for phase in pack("host.status.text")._WORDS} == {
        key for key in english if key.startswith("phase_")
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3600, "1 h 00 min")],
)
def test_durations_are_said_as_people_say_them(pack, seconds, expected):
    """Seconds, then minutes, then hours."""
    assert expected == pack("host.status.text").duration_text(seconds)


@pytest.mark.parametrize(
    ("identity", "title"),
    [
        ("novita", "Novita"),
        ("simulator", "Simulator"),
        ("http://127.0.0.1:8000/x", "127.0.0.1:8000"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_a_host_is_called_by_its_title(pack, identity, title):
    """One that has none, by the server in its address."""
    assert title == pack("host.status.text").host_title(identity)
