"""The errors that a user reads in ComfyUI; an invalid input never reaches the host."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from scripts.client import failure
from tests.simulator import Fault

from .conftest import KEY, saved, settings
from .frontend_api import state_folder

pytestmark = pytest.mark.comfyui

NOISE = np.random.default_rng(3).random((1, 300, 400, 3), np.float32)
RGBA = np.concatenate([NOISE, NOISE[..., :1]], axis=-1)
LARGE = np.random.default_rng(4).random((1, 2000, 2000, 3), np.float32)


@pytest.mark.parametrize(
    ("image", "given", "message"),
    [
        (np.repeat(NOISE, 2, axis=0), {}, 'first_frame has 2 images; .*"Image From Batch"'),
        (RGBA, {}, "first_frame has transparent parts"),
        (NOISE * np.float32("nan"), {}, "first_frame contains NaN or Inf values"),
        (
            NOISE[:, :200, :200],
            {},
            "first_frame is 200 × 200 pixels; each side must be 240 to 8000 pixels",
        ),
        (
            np.zeros((1, 240, 2161, 3), np.float32),
            {},
            "first_frame is 2161 × 240 pixels; width to height must be 1:8 to 8:1",
        ),
        (
            LARGE,
            {},
            (
                r"first_frame is 11\.\d MB as PNG; at most 10 MB .*megapixels"
                r" 2\.\d.*Upload via.*large images as JPEG"
            ),
        ),
        (NOISE, {"prompt": "x" * 5001}, "prompt has 5001 characters; the API takes at most 5000"),
        (
            NOISE,
            {"negative_prompt": "x" * 501},
            "negative_prompt has 501 characters; the API takes at most 500",
        ),
        (
            NOISE,
            {"driving_audio_url": "voice.mp3"},
            "driving_audio_url is 'voice.mp3'; give a public URL",
        ),
    ],
)
def test_an_invalid_input_is_reported_and_never_sent(
    simulator, new_graph, wan, image, given, message
):
    """The message has the input, the value and the limit; the error's type is short."""
    graph = new_graph()
    graph.image_to_video(image, **wan(**given))
    entry = graph.run()
    assert re.search(message, failure(entry))
    assert "Wan27.InvalidInput" == error_type(entry)
    assert [] == simulator.requests


def error_type(entry):
    """Return the type that ComfyUI shows in front of the message of an error."""
    return dict(entry["status"]["messages"])["execution_error"]["exception_type"]


def test_a_large_image_is_sent_as_jpeg_where_that_is_allowed(
    simulator, new_graph, wan, paid_server
):
    """Without the setting nothing is sent; with it the image keeps its size."""
    graph = new_graph(paid_server)
    graph.image_to_video(LARGE, **wan())
    assert "MB as PNG; at most 10 MB can be sent inside a request" in failure(graph.run())
    assert [] == simulator.requests
    with settings(paid_server, WAN27_JPEG="1"):
        assert None is failure(graph.run())
    (sent,) = simulator.submissions
    content = sent["image_url"].removeprefix("data:image/jpeg;base64,")
    with Image.open(io.BytesIO(base64.b64decode(content, validate=True))) as jpeg:
        assert ("JPEG", (2000, 2000)) == (jpeg.format, jpeg.size)


def test_local_audio_and_frames_need_a_bucket(simulator, new_graph, wan, sound):
    """Without one the error comes before anything is encoded, with the ways that work."""
    graph = new_graph()
    graph.image_to_video(NOISE, driving_audio=graph.audio(sound, 16000), **wan())
    error = failure(graph.run())
    assert "driving_audio is a local file, and only images can be sent inside a request" in error

    graph = new_graph()
    frames = [graph.add("RepeatImageBatch", image=graph.image(NOISE), amount=60), 0]
    graph.continuation(clip_frames=frames, **wan(duration=5))
    assert "first_clip is a local file" in failure(graph.run())
    assert [] == simulator.requests


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "first_clip is missing. Set exactly one"),
        (
            {"first_clip_url": "https://a.example/c.mp4", "clip_frames": True},
            "first_clip has 2 sources. Keep only one of clip_frames, first_clip_url",
        ),
    ],
)
def test_a_continuation_needs_exactly_one_clip(simulator, new_graph, wan, given, message):
    """None is refused, and so are two."""
    graph = new_graph()
    given = {name: graph.image(NOISE) if value is True else value for name, value in given.items()}
    graph.continuation(**given, **wan())
    assert message in failure(graph.run())
    assert [] == simulator.requests


def test_audio_has_one_source(simulator, new_graph, wan, sound):
    """A socket and a URL for the same audio are refused."""
    graph = new_graph()
    audio = {"driving_audio": graph.audio(sound, 16000), "driving_audio_url": "https://a.example"}
    graph.image_to_video(NOISE, **audio, **wan())
    assert "driving_audio and driving_audio_url are both set" in failure(graph.run())
    assert [] == simulator.requests


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            Fault(on="submit", do="status", status=400, reason="BILLING_BALANCE_NOT_ENOUGH"),
            "Top up the account",
        ),
        (
            Fault(on="submit", do="status", status=403, reason="INVALID_API_KEY"),
            "Check the key: it must be from this host",
        ),
        (
            Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT"),
            "Change the prompt or the image",
        ),
        (Fault(on="submit", do="drop_after_body"), "you may have been charged"),
        (Fault(on="submit", do="status", status=504), "you may have been charged"),
        (Fault(on="run", do="fail", reason="no face"), "failed at .*: no face"),
        (Fault(on="run", do="empty"), "names no video"),
        (Fault(on="download", do="wrong_content"), "returned a page .* instead of a video"),
        (
            Fault(
                on="download",
                do="wrong_content",
                body="no video",
                headers={"Content-Type": "video/mp4"},
            ),
            "is incomplete or not a video",
        ),
    ],
)
def test_an_error_of_the_host_is_reported_with_advice(simulator, new_graph, wan, fault, message):
    """After one submission, and without the key."""
    simulator.script.faults.append(fault)
    graph = new_graph()
    graph.image_to_video(NOISE, **wan())
    error = failure(graph.run())
    assert re.search(message, error)
    assert KEY not in error
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize(
    ("task_id", "message"),
    [
        ('"task_id": "never-seen",', "Check the task id"),
        ("  ", "task_id is empty. Enter the id of a task"),
        ("not an id", "task_id is not the id of a task"),
    ],
)
def test_an_unknown_task_is_reported(simulator, new_graph, task_id, message):
    """A mistyped id, an empty one, and other text."""
    graph = new_graph()
    graph.save(graph.add("Wan27TaskPoll", task_id=task_id, decode_frames=True), "task_id")
    assert message in failure(graph.run())


def test_a_key_in_the_credentials_file_is_used(fresh_server, simulator, new_graph, wan):
    """Without a key the error is one sentence, and the log says how to set one without a page."""

    def run():
        graph = new_graph(fresh_server)
        graph.image_to_video(NOISE, **wan())
        return failure(graph.run())

    assert "No API key is set, so nothing was sent: add one" in run()
    assert "(1) set JIEKOU_API_KEY or NOVITA_API_KEY" in fresh_server.log()
    assert [] == simulator.requests
    (state_folder(fresh_server) / "credentials.json").write_text(f'{{"PPIO_API_KEY": "{KEY}"}}')
    assert None is run()
    assert f"Bearer {KEY}" == simulator.requests[0].headers["Authorization"]


@pytest.fixture
def no_temp_folder(serving_server):
    """Put a file where ComfyUI's temp folder was: it is gone and cannot be made."""
    temp = serving_server.base / "temp"
    aside = temp.with_name("temp aside")
    if temp.is_dir():
        temp.rename(aside)
    temp.write_text("in the way")
    yield temp
    temp.unlink()
    if aside.is_dir():
        aside.rename(temp)


def test_a_temp_folder_that_cannot_be_used_stops_only_what_needs_it(
    simulator, serving_server, new_graph, wan, image, no_temp_folder
):
    """An image is sent and a task collected without it; a clip is refused before money."""
    graph = new_graph(serving_server)
    folder = graph.image_to_video(image, **wan())
    assert None is failure(graph.run())
    poll = new_graph(serving_server)
    task_id = saved(folder)["task_id"]
    poll.save(poll.add("Wan27TaskPoll", task_id=task_id), "task_id")
    assert None is failure(poll.run())
    clip = new_graph(serving_server)
    frames = clip.image(np.repeat(NOISE[:, :240, :240], 60, axis=0))
    clip.continuation(clip_frames=frames, **wan(duration=5))
    error = failure(clip.run())
    assert f"No temporary file can be made in {no_temp_folder}" in error
    assert error.endswith("--temp-directory. Nothing was sent.")
    assert 1 == len(simulator.submissions)
