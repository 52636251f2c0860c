"""Rendering as a part of a task's life: it can be stopped, it can take longer, it can fail."""

from __future__ import annotations

import threading
import time

import pytest

from wan27.simulator.render import Order, Stopped, render


def test_a_rendering_can_be_stopped(folder, first):
    """What the progress callback raises ends it, within a frame, and leaves no thread."""
    seen, before = [], threading.active_count()

    def progress(share):
        seen.append(share)
        if len(seen) == 3:
            raise Stopped

    with pytest.raises(Stopped):
        render(Order({"first_frame": first}, "720P", 2, watermark=False), folder / "stopped.mp4", progress)
    assert [1 / 60, 2 / 60, 3 / 60] == seen
    assert before == threading.active_count()


def test_a_task_works_until_its_video_is_there(start, clock):
    """The time being over does not make a video; progress is the smaller of the two."""
    caller = start(queued_seconds=0, working_seconds=1)
    task_id = caller.submit(prompt="rain")
    clock.now += 100
    percents, deadline = [], time.monotonic() + 20
    while not (result := caller.result(task_id))["videos"] and time.monotonic() < deadline:
        assert "TASK_STATUS_PROCESSING" == result["task"]["status"]
        percents.append(result["task"]["progress_percent"])
        time.sleep(0.05)
    content = caller.download(result["videos"][0]["video_url"]).content
    assert percents == sorted(percents)
    assert len(set(percents)) > 2
    assert b"ftyp" == content[4:8]
    assert [f"{task_id}.mp4"] == [path.name for path in caller.simulator.temporary.iterdir()]


def test_media_that_break_while_rendering_fail_the_task(start, shelf, way, caplog):
    """A clip whose index is fine and whose frames are not: the reason says that the simulator gave up."""
    whole = way.read_bytes()
    start_of_data = whole.index(b"mdat") + 4
    broken = whole[:start_of_data] + bytes(len(whole) - start_of_data)
    caller = start(queued_seconds=0, working_seconds=0)
    task_id = caller.submit(image_url=..., first_clip_url=shelf("clip", broken))
    deadline = time.monotonic() + 20
    while (result := caller.result(task_id))["task"]["status"] == "TASK_STATUS_PROCESSING" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "TASK_STATUS_FAILED" == result["task"]["status"]
    assert "could not render" in result["task"]["reason"]
    assert [] == list(caller.simulator.temporary.iterdir())
