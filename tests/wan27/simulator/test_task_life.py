"""The life of a task by the clock, and its result object."""

from __future__ import annotations

import pytest


def progress(result):
    """Status, progress and time to go of a task result."""
    task = result["task"]
    return task["status"].removeprefix("TASK_STATUS_"), task["progress_percent"], task["eta"]


def test_a_task_is_queued_then_processed_then_succeeds(start, film, clock):
    """Progress rises from 0 to 100, the time to go falls to 0, and only the end has a video."""
    caller = start(video=str(film), queued_seconds=10, working_seconds=40)
    task_id = caller.submit(seed=42)
    life = []
    for clock.now in (1000, 1009, 1010, 1020, 1049.9, 1050, 1e6):
        result = caller.result(task_id)
        life.append((*progress(result), len(result["videos"])))
        assert ["extra", "task", "images", "videos", "audios"] == list(result)
    assert [
        ("QUEUED", 0, 50, 0),
        ("QUEUED", 0, 41, 0),
        ("PROCESSING", 0, 40, 0),
        ("PROCESSING", 25, 30, 0),
        ("PROCESSING", 99, 1, 0),
        ("SUCCEED", 100, 0, 1),
        ("SUCCEED", 100, 0, 1),
    ] == life


def test_a_success_has_the_documented_shape(caller):
    """Seed and time to live are strings, numbers are numbers, and there is nothing else."""
    task_id = caller.submit(seed=42)
    result = caller.result(task_id)
    url = result["videos"][0].pop("video_url")
    task_type = result["task"].pop("task_type")
    assert {
        "extra": {"seed": "42"},
        "task": {
            "task_id": task_id,
            "status": "TASK_STATUS_SUCCEED",
            "reason": "",
            "eta": 0,
            "progress_percent": 100,
        },
        "images": [],
        "videos": [{"video_url_ttl": "3600", "video_type": "mp4"}],
        "audios": [],
    } == result
    assert (str, True) == (type(task_type), url.startswith("http://"))


def test_without_a_seed_the_host_chooses_one(caller):
    """The result has it: a legal seed, as a string, the same each time."""
    task_id = caller.submit()
    seeds = {caller.result(task_id)["extra"]["seed"] for _ in range(2)}
    assert 1 == len(seeds)
    assert 0 <= int(seeds.pop()) <= 2147483647


@pytest.mark.parametrize("task_id", ["5f1c1d6e-0000-4000-8000-000000000001", ""])
def test_an_unknown_task_is_a_flat_404(caller, task_id):
    """So is a request without an id."""
    answer = caller.get(task_id)
    error = answer.json()
    assert (404, 404, "TASK_NOT_FOUND") == (answer.status_code, error["code"], error["reason"])


def test_a_setting_with_a_missing_video_fails_the_task(start):
    """A wrong path is not served as a broken download."""
    caller = start(video="/nowhere/film.mp4", queued_seconds=0, working_seconds=0)
    result = caller.result(caller.submit())
    assert "FAILED" == progress(result)[0]
    assert "/nowhere/film.mp4" in result["task"]["reason"]


def test_the_tasks_are_those_that_a_host_would_charge_for(caller):
    """A refused request is not among them."""
    ids = [caller.submit() for _ in range(3)]
    assert 400 == caller.post(caller.body(duration=99)).status_code
    assert ids == [task.id for task in caller.simulator.tasks]
