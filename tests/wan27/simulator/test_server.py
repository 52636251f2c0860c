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

from tests.simulator import Fault, Script, ScriptedSimulator
from wan27.simulator import Settings, Simulator
from wan27.simulator.error_answer import ErrorAnswer

ROOT = Path(__file__).parents[3]
HEADERS = {"Authorization": "Bearer k"}


def test_nothing_is_left_behind(images, inline):
    """No thread, no socket, no file; even with a rendering and a stalled answer under way."""
    before = set(threading.enumerate())
    with ScriptedSimulator(Script(faults=[Fault(on="task", do="stall")])) as simulator:
        folder = simulator.temporary
        body = {"image_url": inline(images()), "duration": 15, "resolution": "1080P"}
        submit(simulator.base_url, body)
        look = simulator.base_url + "/v3/async/task-result?task_id=x"
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(look, headers=HEADERS, trust_env=False, timeout=0.2)
        assert folder.exists()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert before == set(threading.enumerate())
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.base_url + "/simulator", trust_env=False, timeout=60)


def test_the_shipped_simulator_stops_while_it_renders(caller):
    """No thread and no file is left."""
    before = set(threading.enumerate())
    with Simulator() as simulator:
        folder = simulator.temporary
        submit(simulator.base_url, caller.body(duration=15, resolution="1080P"))
    assert before == set(threading.enumerate())
    assert not folder.exists()


def post(base_url, body):
    """Submit a body and return the response."""
    url = base_url + "/v3/async/wan2.7-i2v"
    return httpx.post(url, json=body, headers=HEADERS, trust_env=False, timeout=60)


def submit(base_url, body):
    """Submit a body and return the id of its task."""
    return post(base_url, body).json()["task_id"]


def test_several_run_at_once_and_share_nothing(start):
    """Each has its own ports and its own tasks."""
    one, other = start(), start()
    one.submit()
    assert one.simulator.base_url != other.simulator.base_url
    assert (1, 0) == (len(one.simulator.tasks), len(other.simulator.tasks))


@pytest.mark.parametrize("port", ["taken", 70000])
def test_a_port_that_is_not_available_is_an_error_at_once(caller, port):
    """The error is raised where the simulator was started, and no thread is left."""
    before = threading.active_count()
    with pytest.raises((OSError, OverflowError)):
        Simulator(port=port_of(caller.simulator) if port == "taken" else port).start()
    assert before == threading.active_count()


def port_of(simulator):
    """The port of its API."""
    return httpx.URL(simulator.base_url).port


def test_starting_twice_is_an_error_and_stopping_twice_is_not(caller):
    """The second start raises."""
    with pytest.raises(RuntimeError):
        caller.simulator.start()
    caller.simulator.stop()
    caller.simulator.stop()


def test_a_folder_keeps_the_videos(caller, tmp_path):
    """The videos outlive the simulator where a folder was given."""
    folder = tmp_path / "kept" / "here"
    settings = Settings(queued_seconds=0, working_seconds=0)
    with Simulator(settings, folder=folder) as simulator:
        task_id = submit(simulator.base_url, caller.body())
        deadline = time.monotonic() + 20
        while simulator.tasks[0].path is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [f"{task_id}.mp4"] == [path.name for path in folder.iterdir()]


def test_the_tasks_can_be_read_without_a_key(caller):
    """For a person at a terminal; without the media."""
    task_id = caller.submit(prompt="rain", seed=5)
    url = caller.simulator.base_url + "/simulator"
    (task,) = caller.http.get(url, headers={"Authorization": ""}).json()["tasks"]
    assert (task_id, "succeeded", "rain", 5) == tuple(
        task[name] for name in ("task_id", "state", "prompt", "seed")
    )
    assert "image_url" not in task


@pytest.fixture
def command():
    """Return a function that starts the command and returns its process."""
    running = []

    def run(*arguments):
        line = [sys.executable, "-m", "wan27.simulator", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(line, cwd=ROOT, text=True, **pipes))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_the_command_prints_its_address_and_ends_at_ctrl_c(command, film, inline, images):
    """It serves the API with the settings of its options, and ends without an error."""
    waits = ("--queued-seconds", "0", "--working-seconds", "0")
    process = command("--port", "0", "--video", str(film), *waits)
    welcome = "".join(iter(process.stdout.readline, "Press Ctrl-C to stop.\n"))
    base_url = re.search(r"http://127.0.0.1:\d+", welcome)[0]
    assert f"WAN27_BASE_URL={base_url}" in welcome
    body = {"image_url": inline(images()), "duration": 2}
    task_id = submit(base_url, body)
    tasks = httpx.get(base_url + "/simulator", trust_env=False, timeout=60).json()["tasks"]
    assert [(task_id, "succeeded")] == [(task["task_id"], task["state"]) for task in tasks]
    # Windows cannot send Ctrl-C to one other process: it is ended outright there, with status 1.
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
    error = process.communicate(timeout=10)[1]
    assert ("", 0 if os.name != "nt" else 1) == (error, process.returncode)


def test_the_command_explains_why_it_cannot_start(command, caller):
    """A taken port is a sentence and a status, not a traceback."""
    process = command("--port", str(port_of(caller.simulator)))
    out, error = process.communicate(timeout=20)
    assert ("", 1) == (out, process.returncode)
    assert error.startswith("The simulator cannot start: ")
    assert "Traceback" not in error


def test_a_subclass_can_refuse_a_task(images, inline):
    """As in the screenshot of an empty account: a flat error, no task, and no file is left."""

    class EmptyAccount(Simulator):
        def new_task(self, body):
            raise ErrorAnswer(400, "NOT_ENOUGH_BALANCE", f"{body['duration']} s cost too much")

    with EmptyAccount() as simulator:
        body = {"image_url": inline(images()), "duration": 2}
        answer = post(simulator.base_url, body)
        assert (400, "NOT_ENOUGH_BALANCE") == (answer.status_code, answer.json()["reason"])
        assert (0, []) == (len(simulator.tasks), list(simulator.temporary.iterdir()))
