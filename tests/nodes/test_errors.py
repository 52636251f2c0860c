"""The errors that a user reads in ComfyUI; an invalid input never reaches the host."""

from __future__ import annotations

import re

import numpy as np
import pytest

from scripts.client import failure

from .conftest import KEY, saved
from .frontend_api import state_folder

pytestmark = pytest.mark.comfyui

NOISE = np.random.default_rng(3).random((1, 300, 400, 3), np.float32)


@pytest.mark.parametrize(
    ("image", "given", "message"),
    [
        (np.repeat(NOISE, 2, axis=0), {}, 'first_frame has 2 images; .*"Image From Batch"'),
        (NOISE, {"prompt": "x" * 5001}, "prompt has 5001 characters; the API takes at most 5000"),
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


def test_what_is_no_task_id_is_reported(simulator, new_graph):
    """Before a host is asked."""
    graph = new_graph()
    graph.save(graph.add("Wan27TaskPoll", task_id="not an id"), "task_id")
    assert "task_id is not the id of a task" in failure(graph.run())
    assert [] == simulator.requests


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
