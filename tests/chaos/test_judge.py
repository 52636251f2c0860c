"""The judge of the chaos tests finds every broken promise, and the table shows it."""

from __future__ import annotations

import base64

import httpx
import pytest

from wan27.api.protocols.async_v3 import build_request

from .judge import judge
from .table import BEGIN, END, save, table
from .tally import Tally
from .user import Outcome, job_of

pytestmark = pytest.mark.chaos


def test_a_task_that_is_in_no_journal_is_found(trial):
    """A second task that no person asked for is bought twice.

    A task in no journal is lost, and so is a missing video.
    """
    tally = Tally("broken")
    with trial.host() as host:
        request = trial.request(host, "a boat")
        for _ in range(2):
            post(request)
        judge(tally, request, host, [Outcome(error="TaskFailed", text="No.")], b"")
    assert (2, 1, 3) == (tally.bought, tally.twice, tally.lost)
    assert ["1 bought twice", "3 lost", *tally.wrong] == tally.broken


def post(request):
    """Buy the same request without the journal."""
    job = job_of(request)
    image = base64.b64encode(job.media["first_frame"].data).decode()
    response = httpx.post(
        f"{request.url}/v3/async/wan2.7-i2v",
        json=build_request(job, {"first_frame": f"data:image/png;base64,{image}"}),
        headers={"Authorization": "Bearer sk-test"},
        trust_env=False,
        timeout=60,
    )
    response.raise_for_status()


def test_the_table_shows_broken_promises_in_bold(tmp_path):
    """Tallies of one name are one row, and the page around the table is kept."""
    first = Tally("kills", cases=3, bought=3, wrong=["it was | lost"])
    second = Tally("kills", cases=1, bought=1)
    first.notes.update({"notes": 2, "at most, lines": 7})
    second.notes.update({"notes": 1, "at most, lines": 5})
    notes = "notes: 3; at most, lines: 7"
    row = f"| kills | 4 | 4 | 0 | 0 | 0 | **it was / lost**: 1; {notes} |"
    assert row == table([first, second]).splitlines()[2]
    assert (["it was | lost"], []) == (first.broken, second.broken)
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{BEGIN}\nold\n{END}\nAfter\n", "utf-8")
    save("new", page)
    assert f"# Before\n{BEGIN}\nnew\n{END}\nAfter\n" == page.read_text("utf-8")
