"""The routes of the recent tasks, in a real ComfyUI: listed, forgotten, fetched again, and never bought."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.simulator import Fault
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal

from .face import SECRET, ask, get, name_of, newest, post, run_one, state, wait_until

pytestmark = pytest.mark.comfyui


def test_a_task_is_listed_with_its_picture_its_video_and_its_cost(
    new_graph, wan, picture, simulator, fresh
):
    """All that the page shows of it; what it was asked, where it plays, and the sum of the day."""
    assert {"tasks": [], "more": False, "today": []} == get(fresh, "/wan27/tasks")
    post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    _, task_id = run_one(new_graph(fresh), picture, **wan(seed=7))
    page = get(fresh, "/api/wan27/tasks")
    (task,) = page["tasks"]
    video = {"filename": f"{task_id}.mp4", "subfolder": "wan27", "type": "output"}
    host_name = urlsplit(simulator.base_url).netloc
    shown = {
        "task_id": task_id,
        "state": "finished",
        "host": host_name,
        "mode": "first_frame",
        "resolution": "720P",
        "duration": 2,
        "seed": 7,
    }
    shown |= {"price": "¥1.20", "error": "", "video": video}
    assert shown == {name: task[name] for name in shown}
    assert (True, True, False) == (
        task["prompt"] == wan()["prompt"],
        task["updated"] >= task["created"],
        page["more"],
    )
    assert ["¥1.20"] == page["today"]
    status, headers, content = ask(fresh, "GET", task["thumbnail"])
    assert (200, "image/jpeg", "no-store", b"\xff\xd8") == (
        status,
        headers["Content-Type"],
        headers["Cache-Control"],
        content[:2],
    )
    assert (
        200
        == ask(
            fresh,
            "GET",
            f"/view?filename={video['filename']}&subfolder={video['subfolder']}&type=output",
        )[0]
    )
    path = fresh.base / "output" / "wan27" / f"{task_id}.mp4"
    path.unlink()
    gone = newest(fresh)
    assert (None, str(path)) == (gone["video"], gone["path"])

    assert (202, {"started": True}) == post(fresh, "/wan27/tasks/collect", name_of(task))
    wait_until(path.is_file)
    assert 1 == len(simulator.submissions)


def test_a_cancel_in_comfyui_does_not_reach_what_is_fetched_in_the_background(
    new_graph, wan, picture, simulator, paid_server
):
    """A running task is fetched while the user presses Cancel; twice the same is one; and its end is told to every page."""
    simulator.script.working_seconds = 60
    run_one(new_graph(), picture, **wan(wait=False))
    task = newest(paid_server)
    with paid_server.events() as events:
        assert {"started": True} == post(paid_server, "/wan27/tasks/collect", name_of(task))[1]
        assert {"started": False} == post(paid_server, "/wan27/tasks/collect", name_of(task))[1]
        paid_server.interrupt()
        for running in simulator.tasks:
            running.working_seconds = 0
        events.wait_for("wan27.tasks")
        wait_until(lambda: newest(paid_server)["state"] == "finished")
    assert 1 == len(simulator.submissions)
    graph = new_graph()
    assert None is run_one(graph, picture, **wan())[0]


def test_only_what_has_ended_is_forgotten(new_graph, wan, picture, simulator, paid_server):
    """A running task stays; a finished one goes and its video stays; a number that has another owner now is nobody's."""
    simulator.script.working_seconds = 60
    run_one(new_graph(), picture, **wan(wait=False))
    task = newest(paid_server)
    assert {"forgotten": False} == post(paid_server, "/wan27/tasks/forget", name_of(task))[1]
    for running in simulator.tasks:
        running.working_seconds = 0
    assert None is run_one(new_graph(), picture, **wan())[0]
    assert {"forgotten": False} == post(
        paid_server, "/wan27/tasks/forget", {"id": task["id"], "created": task["created"] - 1}
    )[1]
    assert {"forgotten": True} == post(paid_server, "/wan27/tasks/forget", name_of(task))[1]
    assert {"forgotten": False} == post(paid_server, "/wan27/tasks/forget", name_of(task))[1]
    assert (paid_server.base / "output" / "wan27" / f"{task['task_id']}.mp4").is_file()
    assert 404 == post(paid_server, "/wan27/tasks/collect", name_of(task))[0]


@pytest.mark.parametrize("path", ["/wan27/tasks/forget", "/wan27/tasks/collect"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "1", "created": 1},
        {"id": 1},
        {"id": -1, "created": 1},
        {"id": 2**70, "created": 1},
    ],
)
def test_a_task_is_named_by_number_and_time(paid_server, path, body):
    """Anything else is refused with a sentence."""
    status, answer = post(paid_server, path, body)
    assert (400, True) == (status, answer["error"].startswith("id and created must be"))


def test_a_failed_task_has_nothing_to_fetch(new_graph, wan, picture, simulator, paid_server):
    """It is listed with its reason."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="no face"))
    run_one(new_graph(), picture, **wan())
    task = newest(paid_server)
    assert ("failed", True, None) == (task["state"], "no face" in task["error"], task["video"])
    assert 409 == post(paid_server, "/wan27/tasks/collect", name_of(task))[0]


def test_pages_of_a_long_record(fresh):
    """Of ten thousand tasks each answer holds a page, and the pages together hold every one."""
    journal = Journal(state(fresh) / "journal.sqlite3")
    for number in range(3):
        journal.begin(NewEntry(fingerprint=str(number), host="novita", account="a"))
    with journal._transaction() as connection:
        names = (
            "fingerprint, host, account, state, task_id, mode, parameters, cost, uploads, owner,"
            " created, updated, path, error, thumbnail"
        )
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) INSERT INTO entries ({names}) "  # noqa: S608
            "SELECT 'f' || i, 'novita', 'a', 'failed', 't' || i, '', '{}', '', '[]', '', i, i, '',"
            " '', '' FROM n"
        )
    first = get(fresh, "/wan27/tasks")
    assert (50, True, 10_000) == (len(first["tasks"]), first["more"], first["tasks"][0]["id"])
    second = get(fresh, f"/wan27/tasks?count=50&before={first['tasks'][-1]['id']}")
    assert list(range(9950, 9900, -1)) == [task["id"] for task in second["tasks"]]
    last = get(fresh, "/wan27/tasks?count=5000&before=51")
    assert (50, False) == (len(last["tasks"]), last["more"])
    assert [400] * 3 == [
        ask(fresh, "GET", f"/wan27/tasks?{query}")[0]
        for query in ("count=x", "before=-1", "count=9e9")
    ]
