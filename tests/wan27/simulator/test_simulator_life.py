"""Starting and stopping: several at once, nothing left behind, and the command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from wan27.simulator import Script, Simulator

ROOT = Path(__file__).parents[3]


def test_nothing_is_left_behind(pictures, inline):
    """No thread, no socket, no file; even with a rendering and a stalled answer under way."""
    before = set(threading.enumerate())
    script = Script(faults=[{"on": "task", "do": "stall"}])
    with Simulator(script) as simulator:
        folder = simulator.temporary
        headers = {"Authorization": "Bearer k"}
        body = {"image_url": inline(pictures()), "duration": 15, "resolution": "1080P"}
        httpx.post(simulator.base_url + "/v3/async/wan2.7-i2v", json=body, headers=headers, trust_env=False)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(simulator.base_url + "/v3/async/task-result?task_id=x", headers=headers, trust_env=False, timeout=0.2)
        assert folder.exists()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert before == set(threading.enumerate())
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.base_url + "/simulator", trust_env=False)


def test_several_run_at_once_and_know_nothing_of_each_other(start):
    """Each has its own ports and its own tasks."""
    one, other = start(), start()
    one.submit()
    assert one.simulator.base_url != other.simulator.base_url
    assert (1, 0) == (len(one.simulator.tasks), len(other.simulator.tasks))


@pytest.mark.parametrize("port", ["taken", 70000])
def test_a_port_that_cannot_be_had_is_an_error_at_once(caller, port):
    """The error is raised where the simulator was started, and no thread is left."""
    before = threading.active_count()
    with pytest.raises((OSError, OverflowError)):
        Simulator(port=httpx.URL(caller.simulator.base_url).port if port == "taken" else port).start()
    assert before == threading.active_count()


def test_starting_twice_is_a_mistake_and_stopping_twice_is_not(caller):
    """The second start says so."""
    with pytest.raises(RuntimeError):
        caller.simulator.start()
    caller.simulator.stop()
    caller.simulator.stop()


def test_a_simulator_that_remembers_nothing_does_not_grow():
    """For one that lives as long as ComfyUI does."""
    with Simulator(remember=False) as simulator:
        httpx.get(simulator.base_url + "/v3/async/task-result?task_id=x", trust_env=False)
        assert ([], [], []) == (simulator.requests, simulator.submissions, simulator.downloads)


def test_a_folder_keeps_the_videos(caller, tmp_path):
    """The videos outlive the simulator where a folder was given."""
    folder = tmp_path / "kept" / "here"
    with Simulator(Script(queued_seconds=0, working_seconds=0), folder=folder) as simulator:
        body = caller.body()
        headers = {"Authorization": "Bearer k"}
        task_id = httpx.post(simulator.base_url + "/v3/async/wan2.7-i2v", json=body, headers=headers, trust_env=False).json()["task_id"]
        deadline = time.monotonic() + 20
        while simulator.tasks[0].path is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [f"{task_id}.mp4"] == [path.name for path in folder.iterdir()]


@pytest.fixture
def command():
    """Return a function that starts the command and returns its process; whatever still runs is ended."""
    running = []

    def run(*arguments):
        line = [sys.executable, "-m", "wan27.simulator", *arguments]
        running.append(subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_the_command_says_where_it_is_and_ends_at_ctrl_c(command, tmp_path):
    """It prints its address and how to use it, plays the script, and ends without a word of complaint."""
    script = tmp_path / "script.json"
    script.write_text('{"keys": ["k"], "queued_seconds": 9}')
    process = command("--port", "0", "--script", str(script), "--working-seconds", "7.5")
    welcome = "".join(iter(process.stdout.readline, "Ctrl-C ends it.\n"))
    base_url = re.search(r"http://127.0.0.1:\d+", welcome)[0]
    state = httpx.get(base_url + "/simulator", trust_env=False).json()["script"]
    assert f"WAN27_BASE_URL={base_url}" in welcome
    assert (["k"], 9, 7.5) == (state["keys"], state["queued_seconds"], state["working_seconds"])
    # Windows can send no Ctrl-C to one other process: it is ended outright there, with status 1.
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
    assert ("", 0 if os.name != "nt" else 1) == (process.communicate(timeout=10)[1], process.returncode)


def test_the_command_says_what_is_wrong(command, tmp_path):
    """A misspelt script is a sentence and a status, not a traceback."""
    script = tmp_path / "script.json"
    script.write_text('{"kyes": []}')
    out, error = command("--port", "0", "--script", str(script)).communicate(timeout=20)
    assert ("", "The simulator cannot start: a script has no 'kyes'\n") == (out, error)
