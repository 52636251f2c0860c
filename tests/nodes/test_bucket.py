"""Local clips, frames and audio sent through a bucket that checks signatures."""

from __future__ import annotations

import io
import re
import urllib.request
import wave

import av
import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import saved
from .numbered_video import numbered_video, numbers

pytestmark = pytest.mark.comfyui


def download(url):
    """Return content type and body, as the host gets them while the task runs."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as response:
        return response.headers["Content-Type"], response.read()


def decoded(mp4):
    """Return the frames of an mp4 in memory, (F, H, W, 3) uint8."""
    with av.open(io.BytesIO(mp4)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def submitted(graph, simulator):
    """Run a graph whose node does not wait; return the body that the host received."""
    assert None is failure(graph.run())
    return simulator.submissions[-1]


def test_a_valid_clip_is_sent_unchanged(simulator, new_graph, wan, video, bucket_server):
    """The host receives the bytes of an untrimmed mp4."""
    graph = new_graph(bucket_server)
    graph.continuation(first_clip=graph.video(video), **wan(duration=4, wait=False))
    kind, content = download(submitted(graph, simulator)["first_clip_url"])
    assert ("video/mp4", video.read_bytes()) == (kind, content)


@pytest.mark.parametrize("start", [1.0, -4.0])
def test_a_trimmed_clip_is_sent_exact_to_the_frame(
    simulator, new_graph, wan, bucket_server, tmp_path, start
):
    """Trimmed by ComfyUI's Video Slice, from the start or from the end: frames 30 to 89."""
    graph = new_graph(bucket_server)
    trimmed = graph.add(
        "Video Slice",
        video=graph.video(numbered_video(tmp_path / "long.mp4", frames=150)),
        start_time=start,
        duration=2.0,
        strict_duration=False,
    )
    graph.continuation(first_clip=[trimmed, 0], **wan(duration=4, wait=False))
    _, content = download(submitted(graph, simulator)["first_clip_url"])
    assert list(range(30, 90)) == numbers(decoded(content) / 255)


def test_frames_become_a_clip(simulator, new_graph, wan, bucket_server):
    """IMAGE frames at their own rate keep their order and colors."""
    values = np.linspace(0.1, 0.9, 50, dtype=np.float32)
    frames = np.broadcast_to(values[:, None, None, None], (50, 240, 320, 3)).copy()
    graph = new_graph(bucket_server)
    clip = {"clip_frames": graph.image(frames), "clip_fps": 25.0}
    graph.continuation(**clip, **wan(duration=4, wait=False))
    _, content = download(submitted(graph, simulator)["first_clip_url"])
    received = decoded(content).mean(axis=(1, 2, 3)) / 255
    assert 50 == len(received)
    # FFmpeg's own conversion, which decodes here, is slightly dark.
    assert np.abs(received - values).max() < 0.012


def test_audio_becomes_a_wav(simulator, new_graph, wan, image, bucket_server, sound):
    """AUDIO of any rate keeps its samples."""
    graph = new_graph(bucket_server)
    graph.image_to_video(image, driving_audio=graph.audio(sound, 16000), **wan(wait=False))
    kind, content = download(submitted(graph, simulator)["driving_audio_url"])
    with wave.open(io.BytesIO(content)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
        assert ("audio/wav", 16000, 1) == (kind, file.getframerate(), file.getnchannels())
    assert np.abs(samples - sound[0, 0]).max() < 1e-4


def test_a_result_is_continued_by_its_own_url(simulator, new_graph, wan, image, paid_server):
    """Chaining clips uploads nothing and needs no bucket: the host gets its own URL."""
    graph = new_graph(paid_server)
    inputs = {"first_frame": graph.image(image), **wan()}
    first = graph.add("Wan27ImageToVideo", **inputs)
    folder = graph.continuation(first_clip=[first, 3], **wan(duration=4))
    assert None is failure(graph.run())
    one, two = simulator.submissions
    assert "image_url" in one
    assert saved(folder)["task_id"] == list(simulator.tasks)[-1].id
    assert f"{list(simulator.tasks)[-2].id}.mp4" in two["first_clip_url"]


def test_the_bucket_is_empty_when_the_task_has_ended(
    simulator, new_graph, wan, bucket_server, s3, tmp_path
):
    """The clip is this test's own: what a running task shares would stay."""
    s3.objects.clear()
    graph = new_graph(bucket_server)
    clip = graph.video(numbered_video(tmp_path / "own.mp4", frames=61))
    graph.continuation(first_clip=clip, **wan(duration=4))
    assert None is failure(graph.run())
    assert {} == s3.objects


@pytest.mark.parametrize(
    ("frames", "given", "message"),
    [
        (
            400,
            {"duration": 15},
            'first_clip lasts 13.333 s; .* 2 to 10 s. Take its last 10 s with "Trim Video"',
        ),
        (30, {}, "first_clip lasts 1 s; the API takes clips of 2 to 10 s"),
        (
            120,
            {"duration": 4},
            "duration is 4 s and the clip alone lasts 4 s; .* Set it to 5 to 15",
        ),
    ],
)
def test_an_invalid_clip_is_reported_and_never_sent(
    simulator, new_graph, wan, bucket_server, s3, tmp_path, frames, given, message
):
    """The message has input, value, limit and remedy; nothing is uploaded."""
    s3.objects.clear()
    graph = new_graph(bucket_server)
    source = numbered_video(tmp_path / "clip.mp4", frames=frames, size=(320, 240))
    graph.continuation(first_clip=graph.video(source), **wan(**given))
    assert re.search(message, failure(graph.run()))
    assert ({}, []) == (s3.objects, simulator.requests)


def test_a_refused_submission_leaves_nothing_in_the_bucket(
    simulator, new_graph, wan, bucket_server, s3, tmp_path
):
    """No task will ever read it."""
    s3.objects.clear()
    fault = Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT")
    simulator.script.faults.append(fault)
    graph = new_graph(bucket_server)
    clip = graph.video(numbered_video(tmp_path / "own.mp4", frames=62))
    graph.continuation(first_clip=clip, **wan(duration=4))
    assert "ILLEGAL_PROMPT" in failure(graph.run())
    assert {} == s3.objects
