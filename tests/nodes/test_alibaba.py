"""At Alibaba a key is enough: every input goes through the host's temporary store."""

from __future__ import annotations

import io
import re
import wave

import numpy as np
import pytest
from PIL import Image

from scripts.client import failure
from tests.simulator import Fault
from wan27.simulator.temporary_store import parse_form

from .conftest import saved, settings
from .numbered_video import numbered_video

pytestmark = pytest.mark.comfyui

KEY = "sk-canary-of-alibaba-77ab03c5"
NODES = {
    "first_frame": "Wan27ImageToVideo",
    "first_frame+driving_audio": "Wan27ImageToVideo",
    "first_frame+last_frame": "Wan27FirstLastFrame",
    "first_frame+last_frame+driving_audio": "Wan27FirstLastFrame",
    "first_clip": "Wan27Continuation",
    "first_clip+last_frame": "Wan27Continuation",
}


@pytest.fixture
def alibaba_server(paid_server):
    """Return the shared server with nothing set but the host and its key."""
    with settings(paid_server, WAN27_HOST="alibaba", DASHSCOPE_API_KEY=KEY):
        yield paid_server


def noise(seed):
    """Return an image that no other test has sent, (1, 300, 400, 3)."""
    return np.random.default_rng(seed).random((1, 300, 400, 3), np.float32)


def uploads(simulator):
    """Return what the temporary store received: oss:// URL -> bytes."""
    forms = [request for request in simulator.requests if request.call == "upload"]
    parsed = [parse_form(form.headers["Content-Type"], form.raw) for form in forms]
    return {f"oss://{fields['key']}": content for fields, content in parsed}


@pytest.mark.parametrize("roles", NODES)
def test_each_combination_runs_with_a_key_alone(
    simulator, new_graph, wan, alibaba_server, sound, tmp_path, roles
):
    """Images arrive as PNG, to the bit; a clip as its file; the sound with its samples."""
    graph = new_graph(alibaba_server)
    number = list(NODES).index(roles)
    images = {"first_frame": noise(number), "last_frame": noise(10 + number)}
    clip = numbered_video(tmp_path / "clip.mp4", frames=70 + number)
    inputs = {role: graph.image(image) for role, image in images.items() if role in roles}
    if "first_clip" in roles:
        inputs["first_clip"] = graph.video(clip)
    if "driving_audio" in roles:
        inputs["driving_audio"] = graph.audio(sound * (number + 1) / 8, 16000)
    node = graph.add(NODES[roles], **inputs, **wan(duration=4))
    folder = graph.save(node, "task_id", "fps")
    assert None is failure(graph.run())
    assert simulator.tasks[-1].id == saved(folder)["task_id"]
    [body] = simulator.submissions
    sent = {each["type"]: uploads(simulator)[each["url"]] for each in body["input"]["media"]}
    assert set(roles.split("+")) == set(sent)
    for role in set(sent) & set(images):
        expected = np.rint(images[role][0] * np.float32(255)).astype(np.uint8)
        with Image.open(io.BytesIO(sent[role])) as image:
            assert ("PNG", True) == (image.format, np.array_equal(expected, np.asarray(image)))
    if "first_clip" in sent:
        assert clip.read_bytes() == sent["first_clip"]
    if "driving_audio" in sent:
        with wave.open(io.BytesIO(sent["driving_audio"])) as file:
            assert (16000, 48000) == (file.getframerate(), file.getnframes())


def test_frames_are_continued_with_a_key_alone(simulator, new_graph, wan, alibaba_server):
    """They are encoded once, to a clip."""
    frames = np.random.default_rng(3).random((75, 240, 320, 3), np.float32)
    graph = new_graph(alibaba_server)
    folder = graph.continuation(clip_frames=graph.image(frames), **wan(duration=4))
    assert None is failure(graph.run())
    [content] = uploads(simulator).values()
    assert (True, b"ftyp") == (bool(saved(folder)["task_id"]), content[4:8])


def test_a_failed_upload_is_one_sentence_and_submits_nothing(
    simulator, new_graph, wan, alibaba_server
):
    """The node's input is named; the next Run sends it."""
    simulator.script.faults.append(Fault("upload", "status", status=403, reason="AccessDenied"))
    image = noise(77)
    graph = new_graph(alibaba_server)
    graph.image_to_video(image, **wan())
    message = failure(graph.run())
    assert re.search(
        r"first_frame could not be uploaded to the temporary store of Alibaba: .*"
        r"\(AccessDenied, HTTP 403\)\. Nothing was sent\.",
        message,
    )
    assert [] == simulator.submissions
    graph = new_graph(alibaba_server)
    graph.image_to_video(image, **wan())
    assert None is failure(graph.run())


def test_the_key_is_at_the_api_alone(simulator, new_graph, wan, alibaba_server):
    """Not at the stores, and in no log and no file beside the settings."""
    graph = new_graph(alibaba_server)
    graph.image_to_video(noise(78), **wan())
    assert None is failure(graph.run())
    keyed = {each.call for each in simulator.requests if KEY in str(dict(each.headers))}
    assert {"policy", "submit", "task"} == keyed
    files = [path for path in alibaba_server.base.rglob("*") if path.is_file()]
    assert ["settings.json"] == [path.name for path in files if KEY.encode() in path.read_bytes()]
