"""The life of a task by the clock, and the words in which it is told."""

from __future__ import annotations

from wan27.simulator import Fault


def told(result):
    """Status, progress and time to go of a task result."""
    task = result["task"]
    return task["status"].removeprefix("TASK_STATUS_"), task["progress_percent"], task["eta"]


def test_a_task_is_queued_then_works_then_succeeds(start, film, clock):
    """Progress rises from 0 to 100, the time to go falls to 0, and the video is there at the end only."""
    caller = start(video=str(film), queued_seconds=10, working_seconds=40)
    task_id = caller.submit(seed=42)
    life = []
    for clock.now in (1000, 1009, 1010, 1020, 1049.9, 1050, 1e6):
        result = caller.result(task_id)
        life.append((*told(result), len(result["videos"])))
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
    """Seed and time to live are strings, numbers are numbers, nothing else is there."""
    task_id = caller.submit(seed=42)
    result = caller.result(task_id)
    url = result["videos"][0].pop("video_url")
    task_type = result["task"].pop("task_type")
    assert {
        "extra": {"seed": "42"},
        "task": {"task_id": task_id, "status": "TASK_STATUS_SUCCEED", "reason": "", "eta": 0, "progress_percent": 100},
        "images": [],
        "videos": [{"video_url_ttl": "3600", "video_type": "mp4"}],
        "audios": [],
    } == result
    assert (str, True) == (type(task_type), url.startswith("http://"))


def test_without_a_seed_the_host_chooses_one_and_says_it(caller):
    """It is a legal seed, as a string, and stays the same."""
    task_id = caller.submit()
    seeds = {caller.result(task_id)["extra"]["seed"] for _ in range(2)}
    assert 1 == len(seeds)
    assert 0 <= int(seeds.pop()) <= 2147483647


def test_an_unknown_task_is_a_flat_404(caller):
    """So is a request without an id."""
    for task_id in ("5f1c1d6e-0000-4000-8000-000000000001", ""):
        answer = caller.get(task_id)
        assert (404, 404, "TASK_NOT_FOUND") == (answer.status_code, answer.json()["code"], answer.json()["reason"])


def test_a_task_fails_as_scripted(start, clock):
    """HTTP 200, the status, the reason, no video; and not before its time."""
    caller = start(faults=[Fault(on="run", do="fail", reason="the picture was refused")], queued_seconds=0, working_seconds=10)
    failing, fine = caller.submit(), caller.submit()
    assert ("PROCESSING", 0, 10) == told(caller.result(failing))
    clock.now += 10
    result = caller.result(failing)
    assert ("FAILED", 0, 0, "the picture was refused", []) == (*told(result), result["task"]["reason"], result["videos"])
    assert "FAILED" != told(caller.result(fine))[0]


def test_a_success_without_a_video_can_be_played(start):
    """Clients have met it."""
    caller = start(faults=[{"on": "run", "do": "empty"}], queued_seconds=0, working_seconds=0)
    result = caller.result(caller.submit())
    assert ("SUCCEED", []) == (told(result)[0], result["videos"])


def test_answers_can_be_worded_otherwise(start, film, clock):
    """Progress that stays 0, a time to live of "0", unknown keys, and words that nobody documented."""
    caller = start(
        video=str(film),
        queued_seconds=0,
        working_seconds=10,
        progress="zero",
        ttl="0",
        statuses={"TASK_STATUS_PROCESSING": "TASK_STATUS_UNHEARD_OF"},
        more={"novel": 1, "task": {"err_detail": "?"}, "extra": {"debug_info": {"submit_time_ms": "1"}}},
    )
    task_id = caller.submit()
    clock.now += 5
    assert ("UNHEARD_OF", 0, 5) == told(caller.result(task_id))
    clock.now += 5
    result = caller.result(task_id)
    assert ("SUCCEED", 0, 0) == told(result)
    assert ("0", 1, "?", {"submit_time_ms": "1"}) == (
        result["videos"][0]["video_url_ttl"],
        result["novel"],
        result["task"]["err_detail"],
        result["extra"]["debug_info"],
    )


def test_a_script_with_a_missing_video_fails_loudly(start):
    """A wrong path in a script is not served as a broken download."""
    caller = start(video="/nowhere/film.mp4", queued_seconds=0, working_seconds=0)
    result = caller.result(caller.submit())
    assert "FAILED" == told(result)[0]
    assert "/nowhere/film.mp4" in result["task"]["reason"]


def test_tasks_are_counted(caller):
    """The number of tasks is what would have been paid for; refused requests are none."""
    ids = [caller.submit() for _ in range(3)]
    caller.post(caller.body(duration=99))
    assert ids == [task.id for task in caller.simulator.tasks]
    assert (3, 4) == (len(caller.simulator.tasks), len(caller.simulator.submissions))
