"""The hosts' own clients take the simulator for the host: code that nobody here wrote."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scripts.clients import clients_python
from scripts.python import SetupFailed
from tests.skipped import skipped_without

from .conftest import data_url, image_bytes
from .made_media import clip_bytes, wav_bytes

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def python(comfyui):
    """The Python with the clients; without it tests are skipped, and fail in CI."""
    with skipped_without("CLIENTS", SetupFailed):
        return clients_python(comfyui)


@pytest.fixture
def run(python, scripted):
    """Return a function that runs a client against the simulator and returns what it printed."""

    def run_client(name, *arguments):
        command = [str(python), str(CLIENTS / name), scripted.simulator.base_url, *arguments]
        env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout)

    return run_client


@pytest.fixture
def files(tmp_path):
    """Local files by role."""
    contents = {
        "first_frame": ("first.png", image_bytes()),
        "last_frame": ("last.jpg", image_bytes(kind="jpeg")),
        "driving_audio": ("voice.wav", wav_bytes(3)),
        "first_clip": ("clip.mp4", clip_bytes()),
    }
    for name, content in contents.values():
        (tmp_path / name).write_bytes(content)
    return {role: str(tmp_path / name) for role, (name, _) in contents.items()}


@pytest.mark.parametrize("roles", ["first_frame+last_frame+driving_audio", "first_clip+last_frame"])
def test_alibaba_s_client_makes_a_video_of_local_files(run, scripted, files, keyless, film, roles):
    """It asks for a policy, uploads, submits and polls, and the video is the simulator's."""
    roles = roles.split("+")
    answer = run("dashscope_client.py", *(f"{role}={files[role]}" for role in roles))
    assert (200, "SUCCEEDED") == (answer["status"], answer["output"]["task_status"])
    assert (3, 720) == (answer["usage"]["duration"], answer["usage"]["SR"])
    assert film.read_bytes() == keyless.get(answer["output"]["video_url"]).content
    calls = [request.call for request in scripted.simulator.requests]
    assert len(roles) == calls.count("upload")
    (body,) = scripted.simulator.submissions
    assert roles == [medium["type"] for medium in body["input"]["media"]]
    assert all(medium["url"].startswith("oss://") for medium in body["input"]["media"])


def test_alibaba_s_client_reads_a_failure(run, files):
    """A bad combination is a task that failed, in the words of the API."""
    answer = run("dashscope_client.py", f"driving_audio={files['driving_audio']}")
    assert ("FAILED", "InvalidParameter") == (
        answer["output"]["task_status"],
        answer["output"]["code"],
    )


def test_novita_s_client_reads_and_downloads_a_video(run, film):
    """Its newest version has no call for this model, and one for any task."""
    body = {"image_url": data_url(image_bytes()), "duration": 2, "resolution": "720P", "seed": 7}
    answer = run("v3_client.py", json.dumps(body))
    expected = {"status": "TASK_STATUS_SUCCEED", "seed": 7, "bytes": [film.stat().st_size]}
    assert expected == answer
