"""The torments work, their table says plainly what came of them, and a broken promise is an exit code."""

from __future__ import annotations

import base64
import random

import httpx
import pytest

from scripts.torments.cancel import cancel
from scripts.torments.judge import judge
from scripts.torments.kill_at_line import kill_at_line
from scripts.torments.kill_at_random import kill_at_random
from scripts.torments.many import many
from scripts.torments.races import races
from scripts.torments.table import BEGIN, END, save, table
from scripts.torments.tally import Tally
from scripts.torments.trial import Trial
from scripts.torments.user import Request, Said, job_of
from wan27.api.wire import build_request


@pytest.fixture
def trial(tmp_path):
    return Trial(tmp_path, chance=random.Random(7))  # noqa: S311 - chances, not secrets


@pytest.mark.parametrize(
    ("torment", "times"),
    [(kill_at_line, 6), (kill_at_random, 2), (races, 1), (many, 20), (cancel, 1)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_torment_finds_nothing(trial, torment, times):
    """A few cases of each: nothing bought twice, nothing lost, nothing left open or behind."""
    tallies = torment(trial, times)
    assert [] == [(tally.name, tally.wrong, tally.twice, tally.lost) for tally in tallies if tally.is_broken]
    assert times <= min(tally.cases for tally in tallies)


def test_a_task_that_nobody_knows_is_found(trial):
    """A second task without a word counts as bought twice, one that is in no record as lost, and a request without its video too."""
    tally = Tally("broken")
    with trial.host() as host:
        request = Request(host.base_url, "sk-test", trial.folder / "user", "a boat")
        for _ in range(2):
            _post(host.base_url)
        judge(tally, request, host, [Said(error="TaskFailed", text="No.")], b"")
    assert (2, 1, 3, True) == (tally.bought, tally.twice, tally.lost, tally.is_broken)


def test_the_table_tells_a_broken_promise_from_a_remark(tmp_path):
    """What must never be is in bold; the page around the table is kept."""
    tally = Tally("kills", cases=3, bought=3, wrong=["it was | lost"])
    tally.notes["remarks"] += 2
    assert "| kills | 3 | 3 | 0 | 0 | 0 | **it was / lost**: 1; remarks: 2 |" == table([tally]).splitlines()[2]
    assert (True, False) == (tally.is_broken, Tally("fine", notes=tally.notes).is_broken)
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{BEGIN}\nold\n{END}\nAfter\n", "utf-8")
    save("new", page)
    assert f"# Before\n{BEGIN}\nnew\n{END}\nAfter\n" == page.read_text("utf-8")


def _post(url):
    """Buy the same request behind the library's back."""
    job = job_of(Request(url, "sk-test", None, "a boat"))
    address = "data:image/png;base64," + base64.b64encode(job.media["first_frame"].data).decode()
    answer = httpx.post(
        f"{url}/v3/async/wan2.7-i2v",
        json=build_request(job, {"first_frame": address}),
        headers={"Authorization": "Bearer sk-test"},
        trust_env=False,
    )
    answer.raise_for_status()
