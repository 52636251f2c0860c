"""What a user reads when something is wrong; and bad inputs never reach the host."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from scripts.client import failure
from tests.simulator import Fault

from .conftest import KEY, settings
from .face import state

pytestmark = pytest.mark.comfyui

NOISE = np.random.default_rng(3).random((1, 300, 400, 3), np.float32)
RGBA = np.concatenate([NOISE, NOISE[..., :1]], axis=-1)


@pytest.mark.parametrize(
    ("image", "given", "says"),
    [
        (np.repeat(NOISE, 2, axis=0), {}, 'first_frame holds 2 pictures, .*"Image From Batch"'),
        (RGBA, {}, "first_frame has transparent parts"),
        (NOISE * np.float32("nan"), {}, "first_frame holds values that are no numbers"),
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
            np.random.default_rng(4).random((1, 2000, 2000, 3), np.float32),
            {},
            (
                r"first_frame is 11\.\d MB as PNG; at most 10 MB .*megapixels"
                r" 2\.\d.*WAN27_UPLOAD.*WAN27_JPEG=1"
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
def test_an_invalid_input_is_reported_and_never_sent(simulator, new_graph, wan, image, given, says):
    """The message has the input, the value and the limit; the error's type is short."""
    graph = new_graph()
    graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(image), **wan(**given)), "task_id"
    )
    entry = graph.run()
    assert re.search(says, failure(entry))
    assert "Wan27.InvalidInput" == error_type(entry)
    assert [] == simulator.requests


def error_type(entry):
    """Return the type that ComfyUI shows in front of the message of an error."""
    messages = dict(entry["status"]["messages"])
    return messages["execution_error"]["exception_type"]


def test_a_picture_that_is_too_large_passes_as_jpeg_where_that_is_allowed(
    simulator, new_graph, wan, paid_server
):
    """The same request with and without the setting: refused before anything is sent, then sent once at its full size."""
    large = np.random.default_rng(4).random((1, 2000, 2000, 3), np.float32)
    graph = new_graph(paid_server)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(large), **wan()), "task_id")
    assert "MB as PNG; at most 10 MB can be sent inside a request" in failure(graph.run())
    assert [] == simulator.requests
    with settings(paid_server, WAN27_JPEG="1"):
        assert None is failure(graph.run())
    (sent,) = simulator.submissions
    content = sent["image_url"].removeprefix("data:image/jpeg;base64,")
    with Image.open(io.BytesIO(base64.b64decode(content, validate=True))) as picture:
        assert ("JPEG", (2000, 2000)) == (picture.format, picture.size)


def test_local_sound_and_frames_need_a_bucket(simulator, new_graph, wan, tmp_path):
    """Without one each is told before it is encoded, with the ways that work."""
    np.save(tmp_path / "sound.npy", np.zeros((1, 2, 44100 * 3), np.float32))
    graph = new_graph()
    sound = [graph.add("ProbeAudio", path=str(tmp_path / "sound.npy"), sample_rate=44100), 0]
    graph.save(
        graph.add(
            "Wan27ImageToVideo", first_frame=graph.image(NOISE), driving_audio=sound, **wan()
        ),
        "task_id",
    )
    said = failure(graph.run())
    assert (
        "driving_audio is a local file, and only images can be sent inside a request. Set"
        " WAN27_UPLOAD" in said
    )

    graph = new_graph()
    frames = [graph.add("RepeatImageBatch", image=graph.image(NOISE), amount=60), 0]
    graph.save(graph.add("Wan27Continuation", clip_frames=frames, **wan(duration=5)), "task_id")
    assert "first_clip is a local file" in failure(graph.run())
    assert [] == simulator.requests


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "first_clip is missing. Set exactly one"),
        (
            {"first_clip_url": "https://a.example/c.mp4", "clip_frames": True},
            "first_clip has 2 sources. Keep only one of clip_frames, first_clip_url",
        ),
    ],
)
def test_a_continuation_needs_exactly_one_clip(simulator, new_graph, wan, given, says):
    """None and two are refused alike."""
    graph = new_graph()
    given = {name: graph.image(NOISE) if value is True else value for name, value in given.items()}
    graph.save(graph.add("Wan27Continuation", **given, **wan()), "task_id")
    assert says in failure(graph.run())
    assert [] == simulator.requests


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (
            Fault(on="submit", do="status", status=400, reason="BILLING_BALANCE_NOT_ENOUGH"),
            "Top up the account",
        ),
        (
            Fault(on="submit", do="status", status=403, reason="INVALID_API_KEY"),
            "Check that the key is from this host",
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
def test_what_the_host_says_becomes_a_sentence(simulator, new_graph, wan, fault, says):
    """One submission, the right advice, and never the key."""
    simulator.script.faults.append(fault)
    graph = new_graph()
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(NOISE), **wan()), "task_id")
    said = failure(graph.run())
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(said)
    assert KEY not in said
    assert 1 == len(simulator.submissions)


def test_an_unknown_task_is_told(simulator, new_graph):
    """A mistyped id, and an empty one."""
    for task_id, says in (
        ("never-seen", "Check the task id"),
        ("  ", "task_id is ''. Enter the id of a task"),
    ):
        graph = new_graph()
        graph.save(graph.add("Wan27TaskPoll", task_id=task_id, decode_frames=True), "task_id")
        assert says in failure(graph.run())


def test_without_a_key_the_ways_to_give_one_are_said_and_the_file_is_one(
    fresh, simulator, new_graph, wan
):
    """The error names the file, and a key in that file is used."""

    def run():
        graph = new_graph(fresh)
        graph.save(
            graph.add("Wan27ImageToVideo", first_frame=graph.image(NOISE), **wan()), "task_id"
        )
        return failure(graph.run())

    assert "No API key was found" in run()
    assert [] == simulator.requests
    (state(fresh) / "credentials.json").write_text(f'{{"PPIO_API_KEY": "{KEY}"}}')
    assert None is run()
    assert f"Bearer {KEY}" == simulator.requests[0].headers["Authorization"]
