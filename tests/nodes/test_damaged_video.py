"""A paid video always comes out: what cannot be decoded takes no other output away."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.client import failure

from .conftest import saved
from .numbered_video import numbered_video, numbers

pytestmark = pytest.mark.comfyui


@pytest.fixture
def damaged_video(tmp_path):
    """Return a function that makes a video of the numbers 0 to 59 with bad packets."""

    def make(*packets):
        from tests.wan27.media.odd_video import damaged  # noqa: PLC0415 - av

        video = numbered_video(tmp_path / "video.mp4", size=(640, 480))
        return damaged(video, tmp_path, *packets)

    return make


def _run(graph, server):
    """Run a graph; return its failure, the last status text, and the errors that were shown."""
    with server.events() as events:
        failed = failure(graph.run())
        events.wait_for_end()
        text = events.texts()[-1]
        errors = [event.data["exception_message"] for event in events.of("execution_error")]
    return failed, text, errors


def test_a_bad_packet_of_sound_and_one_of_the_frames_cost_nothing_else(
    simulator, new_graph, wan, image, damaged_video, paid_server
):
    """Silence there, the frame before there, everything in step, and a notice for each."""
    path = damaged_video(("audio", 40), ("video", 30))
    simulator.script.video = str(path)
    graph = new_graph()
    inputs = {"first_frame": graph.image(image.clip(0, 1)), **wan(decode_frames=True)}
    node = graph.add("Wan27ImageToVideo", **inputs)
    folder = graph.save(node)
    failed, text, errors = _run(graph, paid_server)
    assert (None, []) == (failed, errors)
    outputs, shown = saved(folder), numbers(np.load(folder / "frames.npy"))
    assert (60, [*range(30), 29], 59) == (len(shown), shown[:31], shown[-1])
    assert (30.0, [1, 2, 88200]) == (outputs["fps"], outputs["audio"]["shape"])
    assert "1 frame cannot be decoded and is replaced by the one before" in text
    assert "0.023 s of this video's sound cannot be decoded" in text


def _all_bad(make):
    return make(*(("video", number) for number in range(60)))


def _unknown_codec(make):
    """Return a video that the PyAV of some Linux distributions has no decoder for."""
    path = make()
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xvc9"))
    return path


@pytest.mark.parametrize(
    ("bad", "reason", "names"),
    [
        (_all_bad, "no frame can be decoded", ("audio", "fps", "video", "task_id")),
        # ComfyUI hands its VIDEO out too, and cannot tell the size that the probe would record.
        (_unknown_codec, "has no decoder for it", ("audio", "fps", "task_id")),
    ],
)
def test_a_video_without_a_frame_that_can_be_decoded_still_comes_out(
    simulator, new_graph, wan, image, damaged_video, paid_server, bad, reason, names
):
    """Only what uses its frames gets an error."""
    path = bad(damaged_video)
    simulator.script.video = str(path)
    graph = new_graph()
    inputs = {"first_frame": graph.image(image.clip(0, 1)), **wan(decode_frames=True)}
    node = graph.add("Wan27ImageToVideo", **inputs)
    blocked = graph.save(node, "frames")
    others = graph.save(node, *names)
    failed, text, errors = _run(graph, paid_server)
    assert (None, False) == (failed, blocked.exists())
    outputs = saved(others)
    assert (
        path.read_bytes()
        == (paid_server.base / "output" / "wan27" / f"{outputs['task_id']}.mp4").read_bytes()
    )
    assert (30.0, [1, 2, 88200]) == (outputs["fps"], outputs["audio"]["shape"])
    (error,) = errors
    assert "frames has no value" in error
    assert reason in error
    assert reason in text


def test_too_little_memory_for_the_frames_takes_nothing_else_away(
    simulator, new_graph, wan, image, damaged_video, paid_server
):
    """The next Run, with more memory, has them too, for free."""
    simulator.script.video, before = str(damaged_video()), len(simulator.tasks)
    graph = new_graph()
    inputs = {"first_frame": graph.image(image.clip(0, 1)), **wan(decode_frames=True)}
    node = graph.add("Wan27ImageToVideo", **inputs)
    frames, others = graph.save(node, "frames"), graph.save(node, "video", "audio", "last_frame")

    def with_memory(free):
        probe = new_graph()
        probe.add("ProbeMemory", free=free)
        assert failure(probe.run()) is None

    with_memory(100_000_000)
    try:
        failed, text, errors = _run(graph, paid_server)
    finally:
        with_memory(0)
    assert (None, False, True) == (failed, frames.exists(), others.exists())
    (error,) = errors
    assert "frames has no value" in error
    assert "free memory and Run again" in text
    assert (None, []) == _run(graph, paid_server)[::2]
    assert (60, before + 1) == (len(np.load(frames / "frames.npy")), len(simulator.tasks))
