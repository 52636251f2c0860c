"""The line of text on a node."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

LOCALES = Path(__file__).parents[3] / "locales"


@pytest.fixture
def text(pack):
    return pack("host.status.text")


@pytest.fixture
def phase(pack):
    return pack("wan27.session").Phase


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        ({"phase": "submitting"}, 100.4, "submitting · Novita"),
        ({"phase": "submitting", "bought": True}, 100.4, "submitting · Novita · price unknown"),
        (
            {"phase": "queued", "cost": "3.00 CNY", "bought": True},
            112,
            "queued · 12 s · Novita · about ¥3.00",
        ),
        ({"phase": "queued", "cost": "0 USD"}, 90, "queued · Novita · free"),
        (
            {"phase": "processing", "percent": 35.4, "ends": 203.5},
            142,
            "processing 35 % · 42 s · about 1 min 01 s left · Novita",
        ),
        (
            {"phase": "processing", "percent": 0.0, "ends": 110.9},
            110,
            "processing · 10 s · Novita",
        ),
        (
            {"phase": "processing", "percent": 0.0},
            100 + 3725,
            "processing · 1 h 02 min · Novita",
        ),
        ({"phase": "found"}, 100, "found on disk, nothing was bought · Novita"),
    ],
)
def test_the_line_shows_what_is_known(pack, text, phase, given, now, expected):
    """Percent, elapsed time, time left and price appear once they are known.

    An estimate that is used up is not shown: the number would stay at one second.
    """
    given = dict(given)
    cost, bought = given.pop("cost", None), given.pop("bought", False)
    progress = pack("wan27.session").Progress(phase(given.pop("phase")), since=100, **given)
    cost = cost and pack("wan27.money").Cost.parse(cost)
    status = text.status_of(progress, "Novita", now, cost)
    assert expected == text.status_text(replace(status, bought=bought))


@pytest.mark.parametrize(
    ("end", "bought", "expected"),
    [
        ("done", True, "done · task t1 · A notice."),
        ("done", False, "done · nothing was bought · task t1 · A notice."),
        ("submitted", True, "submitted · task t1 · A notice."),
    ],
)
def test_the_last_line_names_the_task(text, phase, end, bought, expected):
    """It says if nothing was bought; notices stay to the end."""
    status = text.Status(phase(end), "Novita", bought=bought, task_id="t1", notices=("A notice.",))
    assert expected == text.status_text(status)


def test_every_phase_has_a_text(text, phase):
    """Here, and on the page in the user's language."""
    english = json.loads((LOCALES / "en" / "main.json").read_text("utf-8"))["wan27"]
    assert set(phase) == set(text._PHASES)
    assert {f"phase_{each.value}" for each in phase} == {
        key for key in english if key.startswith("phase_")
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3600, "1 h 00 min")],
)
def test_a_duration_is_shown_in_seconds_minutes_or_hours(text, seconds, expected):
    """The two largest units are enough."""
    assert expected == text.duration_text(seconds)


@pytest.mark.parametrize(
    ("host_id", "title"),
    [
        ("novita", "Novita"),
        ("simulator", "Simulator"),
        ("http://127.0.0.1:8000/x", "127.0.0.1:8000"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_a_host_is_shown_by_its_title(text, host_id, title):
    """A host without a title is shown by the server in its address."""
    assert title == text.host_title(host_id)
