"""What goes in and what comes out, to the bit and in its place."""

from __future__ import annotations

import base64
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from benchmarks.peak_memory import PeakMemory
from scripts.client import failure

from .conftest import KEY, probe
from .numbered_video import numbered_video, numbers

pytestmark = pytest.mark.comfyui

FIELDS = {"image_url", "prompt", "resolution", "duration", "seed", "prompt_extend", "watermark"}


def pixels(data_url):
    """The picture inside a request."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))))


def test_an_image_becomes_frames_sound_and_video(simulator, new_graph, wan, picture, video):
    """The whole main job: the request is exact, and all six outputs are right."""
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan())
    folder = graph.save(node)
    assert None is failure(graph.run())

    (body,) = simulator.submissions
    assert set(body) == FIELDS
    assert np.array_equal(
        np.clip(np.rint(picture[0] * np.float32(255)), 0, 255).astype(np.uint8),
        pixels(body["image_url"]),
    )

    record, frames = probe(folder), np.load(folder / "frames.npy")
    (task,) = list(simulator.tasks)[-1:]
    assert ([60, 720, 1280, 3], "torch.float32", True) == (
        record["frames"]["shape"],
        record["frames"]["dtype"],
        record["frames"]["contiguous"],
    )
    assert list(range(60)) == numbers(frames)
    assert (0.0, 1.0) == (frames.min(), frames.max())
    assert np.array_equal(frames[-1:], np.load(folder / "last_frame.npy"))
    assert (30.0, task.id) == (record["fps"], record["task_id"])
    assert (44100, [1, 2, 88200]) == (record["audio"]["sample_rate"], record["audio"]["shape"])
    saved = graph.server.base / "output" / "wan27" / f"{task.id}.mp4"
    assert (str(saved), [1280, 720], video.read_bytes()) == (
        record["video"]["path"],
        record["video"]["dimensions"],
        saved.read_bytes(),
    )


def test_first_and_last_frame(simulator, new_graph, wan, picture):
    """Both pictures arrive, each in its field."""
    graph = new_graph()
    node = graph.add(
        "Wan27FirstLastFrame",
        first_frame=graph.image(picture),
        last_frame=graph.image(1 - picture),
        **wan(),
    )
    graph.save(node, "task_id")
    assert None is failure(graph.run())

    (body,) = simulator.submissions
    assert FIELDS | {"last_frame_url"} == set(body)
    sent = np.clip(np.rint((1 - picture[0]) * np.float32(255)), 0, 255).astype(np.uint8)
    assert np.array_equal(sent, pixels(body["last_frame_url"]))


def test_continuation_by_address(simulator, new_graph, wan, video, paid_server):
    """The clip's address is passed on as it is, and the host can fetch it."""
    shutil.copy(video, paid_server.base / "input" / "clip.mp4")
    url = f"{paid_server.url}/view?filename=clip.mp4&type=input"
    graph = new_graph()
    graph.save(
        graph.add("Wan27Continuation", first_clip_url=url, **wan(duration=4)), "frames", "video"
    )
    assert None is failure(graph.run())
    assert [(url, None)] == [
        (body["first_clip_url"], body.get("image_url")) for body in simulator.submissions
    ]


def test_an_opaque_alpha_is_dropped(simulator, new_graph, wan, picture):
    """RGBA whose alpha is 1 everywhere is the same picture."""
    graph = new_graph()
    opaque = np.concatenate([picture, np.ones_like(picture[..., :1])], axis=-1)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(opaque), **wan()), "task_id")
    assert None is failure(graph.run())
    assert (300, 400, 3) == pixels(simulator.submissions[0]["image_url"]).shape


def test_without_frames_nothing_behind_them_runs(simulator, new_graph, wan, picture):
    """With decode_frames off that output is blocked, and the others are as before."""
    graph = new_graph()
    node = graph.add(
        "Wan27ImageToVideo", first_frame=graph.image(picture), **wan(decode_frames=False)
    )
    blocked, rest = (
        graph.save(node, "frames"),
        graph.save(node, "audio", "fps", "video", "last_frame", "task_id"),
    )
    assert None is failure(graph.run())
    assert not blocked.exists()
    assert {"audio", "fps", "video", "last_frame", "task_id"} == set(probe(rest))
    assert [59] == numbers(np.load(rest / "last_frame.npy"))


def test_submit_now_collect_later(simulator, new_graph, wan, picture):
    """With wait off the id alone is handed out; the same node with wait on, and Task Poll, collect that task, and it is bought once."""
    before = len(simulator.tasks)
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan(wait=False))
    task_id, blocked = graph.save(node, "task_id"), graph.save(node, "frames", "video")
    assert None is failure(graph.run())
    assert not blocked.exists()
    submitted = probe(task_id)["task_id"]

    graph = new_graph()
    polled = graph.save(graph.add("Wan27TaskPoll", task_id=f" {submitted}\n", decode_frames=True))
    assert None is failure(graph.run())
    graph = new_graph()
    waited = graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()))
    assert None is failure(graph.run())

    assert [submitted, submitted] == [probe(folder)["task_id"] for folder in (polled, waited)]
    assert np.array_equal(np.load(polled / "frames.npy"), np.load(waited / "frames.npy"))
    assert before + 1 == len(simulator.tasks)


def test_a_video_without_sound_has_silence(simulator, new_graph, wan, picture, tmp_path):
    """AUDIO is never missing: nodes behind it would crash."""
    import av  # noqa: PLC0415

    silent = tmp_path / "silent.mp4"
    with (
        av.open(str(numbered_video(tmp_path / "sound.mp4"))) as source,
        av.open(str(silent), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    simulator.script.video = str(silent)
    graph = new_graph()
    folder = graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "audio"
    )
    assert None is failure(graph.run())
    waveform = np.load(folder / "audio.npy")
    assert ((1, 2, 88200), 0.0) == (waveform.shape, np.abs(waveform).max())


def test_five_seconds_of_1080p_take_the_memory_of_one_tensor(
    simulator, new_graph, wan, picture, tmp_path, paid_server
):
    """Above the idle server, at its peak, at most 1.12 times the frames."""
    simulator.script.video = str(
        numbered_video(tmp_path / "large.mp4", frames=150, size=(1920, 1080))
    )
    graph = new_graph()
    node = graph.add(
        "Wan27ImageToVideo", first_frame=graph.image(picture), **wan(resolution="1080P", duration=5)
    )
    graph.add("PreviewAny", source=[node, 5])
    # ComfyUI makes every output of a node, linked or not: this run holds the frames, and nothing
    # else does anything with them.
    with PeakMemory(paid_server.process()) as memory:
        assert None is failure(graph.run())
    assert memory.growth_bytes <= 1.12 * 150 * 1920 * 1080 * 3 * 4


def test_the_key_is_nowhere(simulator, new_graph, wan, picture, paid_server):
    """Not in the log, the journal, the history, the outputs, nor on the way to the video's own origin."""
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan())
    graph.add("SaveVideo", video=[node, 3], filename_prefix="canary", format="auto", codec="auto")
    assert None is failure(graph.run())

    assert {f"Bearer {KEY}"} == {
        request.headers["Authorization"]
        for request in simulator.requests
        if request.call != "download"
    }
    assert [] == [headers for headers in simulator.downloads if "Authorization" in headers]
    assert KEY not in str(paid_server.get("/history"))
    assert "Signature=" not in paid_server.log()
    files = [
        path
        for path in paid_server.base.rglob("*")
        if path.is_file() and "custom_nodes" not in path.parts
    ]
    assert [] == [str(path) for path in files if KEY.encode() in path.read_bytes()]
