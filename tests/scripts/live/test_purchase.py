"""`make live` says what it can cost, asks, buys one video at most, and loses none."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.simulator import Fault, ScriptedSimulator
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.simulator.exchange import json_answer

from .conftest import KEY
from .conftest import live as live_run

ROOT = Path(__file__).parent.parent.parent.parent
COMMAND = [sys.executable, "-m", "scripts.live.run", "--host", "novita", "--yes", "--folder"]


def bought(simulator):
    """The submissions with an image: what a person pays for."""
    return [body for body in simulator.submissions if "image_url" in body]


@pytest.mark.parametrize(
    ("price", "once", "twice"),
    [("0.10 USD", "about $0.20", "about $0.40"), ("", "the price of 2 s", "that of 4 s")],
)
def test_it_says_the_most_it_can_cost_and_asks(play, monkeypatch, capsys, price, once, twice):
    """Without a yes nothing is bought; the free part is in the report."""
    monkeypatch.setenv("WAN27_PRICE_720P", price)
    simulator, live = play()
    assert 0 == live(answer="no")
    assert [] == bought(simulator)
    said = capsys.readouterr().out
    assert f"One video of 2 s at 720P: {once}" in said
    assert f"the most is {twice}" in said
    assert said.index("the most is") < said.index("Asking what is free")
    (question,) = live.questions
    assert ("$0.20" in question) is bool(price)
    assert ("HTTP 403, INVALID_API_KEY", "as assumed") == live.row("a call with a wrong key")


def test_a_yes_buys_one(play, small_video):
    """The person types it."""
    simulator, live = play(video=small_video)
    assert 0 == live(answer="yes")
    (body,) = bought(simulator)
    assert (2, "720P") == (body["duration"], body["resolution"])


def test_free_stops_before_money(play, capsys):
    """Nothing is asked and nothing bought."""
    simulator, live = play()
    assert 0 == live("--free", "--yes")
    assert ([], []) == (bought(simulator), live.questions)
    assert "Nothing is bought." in capsys.readouterr().out


def test_the_limit_for_one_video_holds(play, monkeypatch, capsys):
    """WAN27_MAX_COST, as in ComfyUI."""
    monkeypatch.setenv("WAN27_PRICE_720P", "0.10 USD")
    monkeypatch.setenv("WAN27_MAX_COST", "0.05")
    simulator, live = play()
    assert 1 == live("--yes")
    assert [] == bought(simulator)
    assert "Maximum cost per video" in capsys.readouterr().err


def test_a_refused_key_ends_it(play, capsys):
    """One sentence names the variable, and nothing is submitted."""
    simulator, live = play(keys=["another"])
    assert 1 == live("--yes")
    assert [] == bought(simulator)
    assert "Novita refuses the key in NOVITA_API_KEY" in capsys.readouterr().out
    assert ("refused", "differs") == live.row("the host accepts the key")


class Lenient(ScriptedSimulator):
    """A host that makes a video of anything."""

    async def _submission(self, _received, _route):
        return json_answer(200, {"task_id": self.new_task({"duration": 2, "seed": 1}).id})


def test_a_bad_request_that_is_accepted_is_the_last(play, monkeypatch, small_video):
    """Its task is recorded, the report says so, and no video is bought on top of it."""
    monkeypatch.setattr("tests.scripts.live.conftest.ScriptedSimulator", Lenient)
    simulator, live = play(video=small_video)
    assert 1 == live("--yes")
    (task,) = simulator.tasks
    assert [] == bought(simulator)
    seen, verdict = live.row("a request without an image creates no task")
    assert (True, "differs") == (seen.startswith("ACCEPTED (no_medium)"), verdict)
    journal = Journal(live.folder / "journal.sqlite3")
    assert None is not journal.find_task(simulator.base_url, task.id)


@pytest.mark.parametrize("do", ["status", "drop_after_body"])
def test_a_bad_request_without_a_clear_refusal_is_the_last(play, small_video, do):
    """A host that fails at it may have accepted it; the video is bought all the same."""
    simulator, live = play(video=small_video, faults=[Fault("submit", do, status=502)])
    assert 0 == live("--yes")
    assert 2 == len(simulator.submissions)
    assert "unknown" == live.row("a request without an image creates no task")[1]


class Interrupt:
    """A Ctrl-C at the wait of that number, from the first one of `seconds` on."""

    def __init__(self, clock, number, seconds):
        self.clock, self.number, self.seconds = clock, number, seconds

    async def __call__(self, seconds):
        if self.seconds in (None, seconds):
            self.number -= 1
            if not self.number:
                signal.raise_signal(signal.SIGINT)
                await asyncio.sleep(60)
        await self.clock.pause(seconds)


@pytest.fixture
def ctrl_c():
    """Ctrl-C works: a shell starts its background jobs with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("number", "seconds", "sentence"),
    [
        (1, None, "keeps running at the host"),
        (4, None, "keeps running at the host"),
        (1, live_run._SIGNING_SECONDS, "video is saved"),
    ],
)
def test_an_interrupt_loses_nothing(play, ctrl_c, small_video, capsys, number, seconds, sentence):
    """A sentence says what happened to the task; the next run collects it and buys nothing."""
    simulator, live = play(video=small_video)
    assert 130 == live("--yes", pause=Interrupt(live.clock, number, seconds))
    assert sentence in capsys.readouterr().err
    assert "as assumed" == live.row("a call without a key")[1]  # a report of what was seen

    assert 0 == live(answer="no")
    assert [] == live.questions
    assert 1 == len(simulator.tasks) == len(bought(simulator))
    assert ("accepted", "as assumed") == live.row("an image as data: is accepted")


def test_a_third_run_shows_the_same_video_again(play, small_video):
    """It costs nothing, also where the host has forgotten the task: what was seen stays."""
    simulator, live = play(video=small_video)
    assert 0 == live("--yes")
    rows = live.data["rows"]
    assert 0 == live()
    simulator.tasks._by_id.clear()
    assert 0 == live()
    assert 1 == len(bought(simulator))
    timed = "time to the first byte (any)"
    kept = [
        [row for row in each if row["assumption"] != timed] for each in (rows, live.data["rows"])
    ]
    assert kept[0] == kept[1]


def lose_a_response(play, small_video):
    """Return (simulator, live) after a submission whose response was lost."""
    simulator, live = play(video=small_video)
    simulator.script.faults.extend([Fault("submit", "pass")] * 4)
    simulator.script.faults.append(Fault("submit", "drop_after_body"))
    assert 1 == live("--yes")
    assert 1 == len(simulator.tasks)
    return simulator, live


def test_a_lost_response_is_a_question_until_a_person_decides(play, small_video, capsys):
    """The message has the two commands; without one of them nothing more is bought."""
    simulator, live = lose_a_response(play, small_video)
    said = capsys.readouterr().err
    assert 'make live HOST=novita ARGS="--task ID"' in said
    assert "make live HOST=novita ARGS=--submit-again" in said
    assert 1 == live("--yes")
    assert 1 == len(simulator.tasks)


def test_a_person_names_the_task_of_a_lost_response(play, small_video):
    """It is collected, free of charge."""
    simulator, live = lose_a_response(play, small_video)
    assert 0 == live("--task", simulator.tasks[0].id)
    assert 1 == len(simulator.tasks)
    assert (live.folder / "output" / "wan27" / f"{simulator.tasks[0].id}.mp4").is_file()


def test_a_person_gives_a_lost_response_up(play, small_video):
    """Another one is bought, after the question."""
    simulator, live = lose_a_response(play, small_video)
    assert 0 == live("--submit-again", answer="no")
    assert 1 == len(simulator.tasks)
    assert 0 == live(answer="yes")
    assert 2 == len(simulator.tasks)


def start(folder, simulator):
    """Start the command in a process of its own, in which Ctrl-C works."""
    env = {**os.environ, "NOVITA_API_KEY": KEY, "WAN27_BASE_URL": simulator.base_url}
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    code += "import runpy, sys; runpy.run_module('scripts.live.run', run_name='__main__')"
    command = [sys.executable, "-c", code, *COMMAND[3:], str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def interrupt(process, simulator, until):
    """Send Ctrl-C once the host has seen what `until` looks for; return what was printed."""
    deadline = time.monotonic() + 60
    while not until(simulator) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    return said


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT")


@needs_signals
def test_ctrl_c_while_the_request_is_on_its_way_records_its_answer(play, small_video):
    """The process ends when the answer has arrived; the next run collects the task."""
    simulator, live = play(video=small_video)
    simulator.script.faults.extend([Fault("submit", "pass")] * 4)
    simulator.script.faults.append(Fault("submit", "stall", seconds=1.5))
    process = start(live.folder, simulator)
    said = interrupt(process, simulator, lambda host: len(host.submissions) == 5)
    assert (130, True) == (process.returncode, "Stopped. The request may be on its way" in said)
    entry = Journal(live.folder / "journal.sqlite3").find_task(
        simulator.base_url, simulator.tasks[0].id
    )
    assert State.RUNNING is entry.state
    assert 0 == live(answer="no")
    assert 1 == len(simulator.tasks)


@needs_signals
def test_ctrl_c_in_the_free_part_says_that_nothing_was_bought(play):
    """And leaves a report of what was seen."""
    simulator, live = play(faults=[Fault("task", "pass"), Fault("task", "stall")])
    process = start(live.folder, simulator)
    said = interrupt(process, simulator, lambda host: len(host.requests) == 2)
    assert (130, True) == (process.returncode, "Stopped. Nothing was bought." in said)
    assert "as assumed" == live.row("a call without a key")[1]
    assert [] == simulator.submissions


@needs_signals
def test_a_killed_run_is_continued(play, small_video):
    """SIGKILL while the task runs: the journal has it."""
    simulator, live = play(video=small_video)
    process = start(live.folder, simulator)
    deadline = time.monotonic() + 60
    while not any(each.call == "task" for each in simulator.requests[8:]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert 0 == live(answer="no")
    assert 1 == len(simulator.tasks)


def test_with_both_it_continues_in_a_python_that_can_read_a_video(monkeypatch):
    """The options are passed on."""
    from scripts.live import __main__ as command  # noqa: PLC0415

    started = []
    monkeypatch.setenv("NOVITA_API_KEY", "k")
    monkeypatch.setattr(sys, "argv", ["make live", "--host", "novita", "--free"])
    monkeypatch.setattr(command, "continue_with", lambda *given: started.append(given) or 7)
    assert 7 == command.main()
    assert [("scripts.live.run", ["--host", "novita", "--free"])] == started


@pytest.mark.parametrize(
    ("arguments", "key", "expected"),
    [
        ([], "", "Choose a host and set its key: JIEKOU_API_KEY=… make live HOST=jiekou"),
        (["--host", "novita"], "", "No key of Novita is set: NOVITA_API_KEY=… make live"),
        (["--host", "mybox.local"], "k", "HOST is 'mybox.local'; choose one of jiekou"),
        (["--host", "ppio", "--free"], "", "No key of PPIO is set: PPIO_API_KEY=…"),
    ],
)
def test_without_a_host_or_a_key_one_sentence_says_what_to_set(
    monkeypatch, capsys, arguments, key, expected
):
    """Before anything is prepared or asked."""
    from scripts.live import __main__ as command  # noqa: PLC0415

    for name in ("NOVITA_API_KEY", "PPIO_API_KEY"):
        monkeypatch.setenv(name, key)
    monkeypatch.setattr(sys, "argv", ["make live", *arguments])
    monkeypatch.setattr(command, "continue_with", lambda *_: pytest.fail("it went on"))
    assert 2 == command.main()
    said = capsys.readouterr().err
    assert (True, 1) == (said.startswith(expected), said.count("\n"))
