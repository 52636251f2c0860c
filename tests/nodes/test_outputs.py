"""What the host receives and what the nodes output, exactly."""

from __future__ import annotations

import base64
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from benchmarks.peak_memory import PeakMemory
from scripts.client import failure

from .conftest import saved
from .numbered_video import numbered_video, numbers

pytestmark = pytest.mark.comfyui

FIELDS = {"image_url", "prompt", "resolution", "duration", "seed", "prompt_extend", "watermark"}


def pixels(data_url):
    """Return the image inside a request."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))))


def eight_bits(image):
    """Return an IMAGE (1, H, W, 3) as it is sent: clamped and rounded."""
    return np.clip(np.rint(image[0] * np.float32(255)), 0, 255).astype(np.uint8)


def test_an_image_becomes_frames_sound_and_video(simulator, new_graph, wan, image, tmp_path):
    """The request is exact, and all six outputs are right."""
    video = numbered_video(tmp_path / "video.mp4", size=(640, 480))
    simulator.script.video = str(video)
    graph = new_graph()
    inputs = {"first_frame": graph.image(image), **wan(decode_frames=True)}
    folder = graph.save(graph.add("Wan27ImageToVideo", **inputs))
    assert None is failure(graph.run())

    (body,) = simulator.submissions
    assert set(body) == FIELDS
    assert np.array_equal(eight_bits(image), pixels(body["image_url"]))

    outputs, frames = saved(folder), np.load(folder / "frames.npy")
    (task,) = list(simulator.tasks)[-1:]
    assert ([60, 480, 640, 3], "torch.float32", True) == (
        outputs["frames"]["shape"],
        outputs["frames"]["dtype"],
        outputs["frames"]["contiguous"],
    )
    assert list(range(60)) == numbers(frames)
    assert (0.0, 1.0) == (frames.min(), frames.max())
    assert np.array_equal(frames[-1:], np.load(folder / "last_frame.npy"))
    assert (30.0, task.id) == (outputs["fps"], outputs["task_id"])
    assert (44100, [1, 2, 88200]) == (outputs["audio"]["sample_rate"], outputs["audio"]["shape"])
    file = graph.server.base / "output" / "wan27" / f"{task.id}.mp4"
    assert (str(file), [640, 480], video.read_bytes()) == (
        outputs["video"]["path"],
        outputs["video"]["dimensions"],
        file.read_bytes(),
    )


def test_first_and_last_frame_are_sent_in_their_fields(simulator, new_graph, wan, image):
    """Both images are exact."""
    graph = new_graph()
    frames = {"first_frame": graph.image(image), "last_frame": graph.image(1 - image)}
    graph.save(graph.add("Wan27FirstLastFrame", **frames, **wan()), "task_id")
    assert None is failure(graph.run())

    (body,) = simulator.submissions
    assert FIELDS | {"last_frame_url"} == set(body)
    assert np.array_equal(eight_bits(image), pixels(body["image_url"]))
    assert np.array_equal(eight_bits(1 - image), pixels(body["last_frame_url"]))


def test_the_url_of_a_clip_is_sent_as_given(simulator, new_graph, wan, video, paid_server):
    """The host can download from it."""
    shutil.copy(video, paid_server.base / "input" / "clip.mp4")
    url = f"{paid_server.url}/view?filename=clip.mp4&type=input"
    graph = new_graph()
    node = graph.add("Wan27Continuation", first_clip_url=url, **wan(duration=4))
    graph.save(node, "video")
    assert None is failure(graph.run())
    assert [(url, None)] == [
        (body["first_clip_url"], body.get("image_url")) for body in simulator.submissions
    ]


def test_an_opaque_alpha_channel_is_dropped(simulator, new_graph, wan, image):
    """RGBA with an alpha of 1 everywhere is the same image."""
    graph = new_graph()
    opaque = np.concatenate([image, np.ones_like(image[..., :1])], axis=-1)
    graph.image_to_video(opaque, **wan())
    assert None is failure(graph.run())
    assert (300, 400, 3) == pixels(simulator.submissions[0]["image_url"]).shape


def test_without_decode_frames_only_the_frames_output_is_blocked(simulator, new_graph, wan, image):
    """Nothing behind it runs, and the other outputs are as before."""
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(image), **wan())
    blocked = graph.save(node, "frames")
    others = graph.save(node, "audio", "fps", "video", "last_frame", "task_id")
    assert None is failure(graph.run())
    assert not blocked.exists()
    assert {"audio", "fps", "video", "last_frame", "task_id"} == set(saved(others))
    assert [59] == numbers(np.load(others / "last_frame.npy"))


def test_a_task_is_submitted_now_and_collected_later(simulator, new_graph, wan, image):
    """With wait off only the id is output; Task Poll and the node with wait on collect the task."""
    before = len(simulator.tasks)
    graph = new_graph()
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(image), **wan(wait=False))
    id_only, blocked = graph.save(node, "task_id"), graph.save(node, "last_frame", "video")
    assert None is failure(graph.run())
    assert not blocked.exists()
    task_id = saved(id_only)["task_id"]

    folders, names = [], ("video", "last_frame", "task_id")
    poll = {"task_id": f" {task_id}\n", "decode_frames": False}
    for node_id, images in (("Wan27TaskPoll", 0), ("Wan27ImageToVideo", 1)):
        graph = new_graph()
        inputs = {"first_frame": graph.image(image), **wan()} if images else poll
        folders.append(graph.save(graph.add(node_id, **inputs), *names))
        assert None is failure(graph.run())

    polled, waited = folders
    assert task_id == saved(polled)["task_id"]
    assert saved(polled) == saved(waited)
    assert [59] == numbers(np.load(waited / "last_frame.npy"))
    assert before + 1 == len(simulator.tasks)


def test_a_video_without_sound_gives_silence(simulator, new_graph, wan, image, tmp_path):
    """AUDIO is never None: nodes behind it would crash."""
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
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(image), **wan())
    folder = graph.save(node, "audio")
    assert None is failure(graph.run())
    waveform = np.load(folder / "audio.npy")
    assert ((1, 2, 88200), 0.0) == (waveform.shape, np.abs(waveform).max())


def test_five_seconds_of_720p_take_the_memory_of_one_tensor(
    simulator, new_graph, wan, image, tmp_path, paid_server
):
    """The peak above the idle server is at most 1.12 times the frames."""
    simulator.script.video = str(numbered_video(tmp_path / "long.mp4", frames=150))
    graph = new_graph()
    inputs = {"first_frame": graph.image(image), **wan(duration=5, decode_frames=True)}
    # ComfyUI creates every output of a node, linked or not, so the frames are in memory here too.
    graph.add("PreviewAny", source=[graph.add("Wan27ImageToVideo", **inputs), 5])
    with PeakMemory(paid_server.process()) as memory:
        assert None is failure(graph.run())
    assert memory.growth_bytes <= 1.12 * 150 * 1280 * 720 * 3 * 4
