"""The words on the node."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        ({"phase": "submitting", "since": 100}, 100.4, "submitting · Novita"),
        ({"phase": "queued", "since": 100}, 112, "queued · 12 s · Novita"),
        (
            {"phase": "processing", "since": 100, "percent": 35.4, "eta_seconds": 61},
            142,
            "processing 35 % · 42 s · about 1 min 01 s left · Novita",
        ),
        ({"phase": "processing", "since": 100, "percent": 0.0}, 100 + 3725, "processing · 1 h 02 min · Novita"),
        ({"phase": "found", "since": 100}, 100, "found on disk, nothing was bought · Novita"),
    ],
)
def test_what_is_known_is_said_and_nothing_else(pack, given, now, expected):
    """Percent, time gone and time left appear once they are known."""
    progress = pack("wan27.session").Progress(**given)
    assert expected == pack("host.status_text").status_text(progress, "Novita", now)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3600, "1 h 00 min")]
)
def test_durations_are_said_as_people_say_them(pack, seconds, expected):
    """Seconds, then minutes, then hours."""
    assert expected == pack("host.status_text").duration_text(seconds)


@pytest.mark.parametrize(
    ("identity", "title"),
    [("novita", "Novita"), ("simulator", "Simulator"), ("http://127.0.0.1:8000/x", "127.0.0.1:8000"), ("elsewhere", "elsewhere")],
)
def test_a_host_is_called_by_its_title(pack, identity, title):
    """One that has none, by the server in its address."""
    assert title == pack("host.status_text").host_title(identity)
