"""Rendering within a task's life: it can be stopped, take longer, and fail."""

from __future__ import annotations

import threading
import time

import pytest

from wan27.simulator.render import Order, Stopped, render


def test_a_rendering_can_be_stopped(folder, first):
    """An error of the progress callback ends it within a frame and leaves no thread."""
    shares, before = [], threading.active_count()

    def progress(share):
        shares.append(share)
        if len(shares) == 3:
            raise Stopped

    order = Order({"first_frame": first}, "720P", 2, watermark=False)
    with pytest.raises(Stopped):
        render(order, folder / "stopped.mp4", progress)
    assert [1 / 60, 2 / 60, 3 / 60] == shares
    assert before == threading.active_count()


def test_a_task_is_processing_until_its_video_is_rendered(start, clock):
    """Its time being over is not enough; progress is the smaller of the two."""
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


def test_media_that_cannot_be_decoded_fail_the_task(start, shelf, between, caplog):
    """A clip with a good index and broken frames: the reason names the rendering."""
    whole = between.read_bytes()
    start_of_data = whole.index(b"mdat") + 4
    broken = whole[:start_of_data] + bytes(len(whole) - start_of_data)
    caller = start(queued_seconds=0, working_seconds=0)
    task_id = caller.submit(image_url=..., first_clip_url=shelf("clip", broken))
    task, deadline = caller.result(task_id)["task"], time.monotonic() + 20
    while task["status"] == "TASK_STATUS_PROCESSING" and time.monotonic() < deadline:
        time.sleep(0.05)
        task = caller.result(task_id)["task"]
    assert "TASK_STATUS_FAILED" == task["status"]
    assert "could not render" in task["reason"]
    assert [] == list(caller.simulator.temporary.iterdir())
