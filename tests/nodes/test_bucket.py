"""Local clips, frames and sound through a bucket that checks signatures: what the host fetches is what the graph held."""

from __future__ import annotations

import io
import urllib.request
import wave

import av
import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import probe
from .numbered_video import numbered_video, numbers

pytestmark = pytest.mark.comfyui


def fetched(url):
    """What the host gets at an address, before the task has ended."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        url, timeout=10
    ) as answer:
        return answer.headers["Content-Type"], answer.read()


def decoded(mp4):
    """Frames (F, H, W, 3) uint8 of an mp4 in memory."""
    with av.open(io.BytesIO(mp4)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def submitted(graph, simulator):
    """Run a graph whose node does not wait; return the body that the host got."""
    assert None is failure(graph.run())
    return simulator.submissions[-1]


def test_a_clip_is_sent_as_the_file_it_is(simulator, new_graph, wan, video, bucket_server):
    """An untrimmed legal mp4 is not touched: the bytes that arrive are the bytes of the file."""
    graph = new_graph(bucket_server)
    clip = [graph.add("ProbeVideo", path=str(video)), 0]
    graph.save(
        graph.add("Wan27Continuation", first_clip=clip, **wan(duration=4, wait=False)), "task_id"
    )
    kind, content = fetched(submitted(graph, simulator)["first_clip_url"])
    assert ("video/mp4", video.read_bytes()) == (kind, content)


@pytest.mark.parametrize("start", [1.0, -4.0])
def test_a_trimmed_clip_arrives_to_the_frame(
    simulator, new_graph, wan, bucket_server, tmp_path, start
):
    """ComfyUI's own Video Slice, from the start or from the end: 60 frames from the 30th on, in order, none more."""
    graph = new_graph(bucket_server)
    source = numbered_video(tmp_path / "long.mp4", frames=150)
    trimmed = graph.add(
        "Video Slice",
        video=[graph.add("ProbeVideo", path=str(source)), 0],
        start_time=start,
        duration=2.0,
        strict_duration=False,
    )
    graph.save(
        graph.add("Wan27Continuation", first_clip=[trimmed, 0], **wan(duration=4, wait=False)),
        "task_id",
    )
    _, content = fetched(submitted(graph, simulator)["first_clip_url"])
    assert list(range(30, 90)) == numbers(decoded(content) / 255)


def test_frames_become_a_clip(simulator, new_graph, wan, bucket_server, tmp_path):
    """IMAGE frames at their own rate: every one in its place, its colours as they were."""
    values = np.linspace(0.1, 0.9, 50, dtype=np.float32)
    frames = np.broadcast_to(values[:, None, None, None], (50, 240, 320, 3)).copy()
    np.save(tmp_path / "frames.npy", frames)
    graph = new_graph(bucket_server)
    graph.save(
        graph.add(
            "Wan27Continuation",
            clip_frames=graph.image(frames),
            clip_fps=25.0,
            **wan(duration=4, wait=False),
        ),
        "task_id",
    )
    _, content = fetched(submitted(graph, simulator)["first_clip_url"])
    arrived = decoded(content).mean(axis=(1, 2, 3)) / 255
    assert 50 == len(arrived)
    assert (
        np.abs(arrived - values).max() < 0.012
    )  # decoded with FFmpeg's own, slightly dark conversion


def test_sound_becomes_a_wav(simulator, new_graph, wan, picture, bucket_server, tmp_path):
    """AUDIO of any rate: the samples that arrive are those of the graph."""
    samples = np.sin(np.arange(16000 * 3) / 20).astype(np.float32)[None, None] * 0.5
    np.save(tmp_path / "sound.npy", samples)
    graph = new_graph(bucket_server)
    sound = [graph.add("ProbeAudio", path=str(tmp_path / "sound.npy"), sample_rate=16000), 0]
    graph.save(
        graph.add(
            "Wan27ImageToVideo",
            first_frame=graph.image(picture),
            driving_audio=sound,
            **wan(wait=False),
        ),
        "task_id",
    )
    kind, content = fetched(submitted(graph, simulator)["driving_audio_url"])
    with wave.open(io.BytesIO(content)) as file:
        got = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
        assert ("audio/wav", 16000, 1) == (kind, file.getframerate(), file.getnchannels())
    assert np.abs(got - samples[0, 0]).max() < 1e-4


def test_a_result_is_continued_by_its_own_address(simulator, new_graph, wan, picture, paid_server):
    """Chaining clips uploads nothing and needs no bucket: the host is given its own, fresh address of the first clip."""
    graph = new_graph(paid_server)
    first = graph.add(
        "Wan27ImageToVideo", first_frame=graph.image(picture), **wan(decode_frames=False)
    )
    second = graph.add(
        "Wan27Continuation", first_clip=[first, 3], **wan(duration=4, decode_frames=False)
    )
    folder = graph.save(second, "task_id")
    assert None is failure(graph.run())
    one, two = simulator.submissions
    assert "image_url" in one
    assert probe(folder)["task_id"] == list(simulator.tasks)[-1].id
    assert f"{list(simulator.tasks)[-2].id}.mp4" in two["first_clip_url"]


def test_the_bucket_is_empty_when_the_tasks_have_ended(
    simulator, new_graph, wan, bucket_server, s3, tmp_path
):
    """What was uploaded for a task goes with it; a content of its own, since what a running task shares would stay."""
    s3.objects.clear()
    graph = new_graph(bucket_server)
    clip = [graph.add("ProbeVideo", path=str(numbered_video(tmp_path / "own.mp4", frames=61))), 0]
    graph.save(
        graph.add("Wan27Continuation", first_clip=clip, **wan(duration=4, decode_frames=False)),
        "task_id",
    )
    assert None is failure(graph.run())
    assert {} == s3.objects


@pytest.mark.parametrize(
    ("frames", "given", "says"),
    [
        (
            400,
            {"duration": 15},
            (
                'first_clip lasts 13.333 s; .* 2 to 10 s: take its last 10 s with the node "Trim'
                ' Video"'
            ),
        ),
        (30, {}, "first_clip lasts 1 s; the API takes clips of 2 to 10 s"),
        (
            120,
            {"duration": 4},
            "duration is 4 s and the clip alone lasts 4 s; .* Set it to 5 to 15",
        ),
    ],
)
def test_a_clip_that_breaks_a_rule_is_told_and_never_sent(
    simulator, new_graph, wan, bucket_server, s3, tmp_path, frames, given, says
):
    """Input, value, limit and remedy; neither the bucket nor the host hears of it."""
    s3.objects.clear()
    source = numbered_video(tmp_path / "clip.mp4", frames=frames, size=(320, 240))
    graph = new_graph(bucket_server)
    clip = [graph.add("ProbeVideo", path=str(source)), 0]
    graph.save(graph.add("Wan27Continuation", first_clip=clip, **wan(**given)), "task_id")
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(failure(graph.run()))
    assert ({}, []) == (s3.objects, simulator.requests)


def test_a_refused_submission_leaves_nothing_in_the_bucket(
    simulator, new_graph, wan, bucket_server, s3, tmp_path
):
    """No task will ever read it."""
    s3.objects.clear()
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT")
    )
    graph = new_graph(bucket_server)
    clip = [graph.add("ProbeVideo", path=str(numbered_video(tmp_path / "own.mp4", frames=62))), 0]
    graph.save(graph.add("Wan27Continuation", first_clip=clip, **wan(duration=4)), "task_id")
    assert "ILLEGAL_PROMPT" in failure(graph.run())
    assert {} == s3.objects
