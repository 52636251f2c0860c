"""The routes of the tasks in a real ComfyUI: listed, forgotten, downloaded again, never bought."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.states import State

from .frontend_api import SECRET, get, newest, post, ref, run_one, send, state_folder, wait_until
from .numbered_video import numbered_video

pytestmark = pytest.mark.comfyui


def test_a_task_is_listed_with_its_thumbnail_video_and_cost(
    new_graph, wan, image, simulator, fresh_server
):
    """The list has what the page shows, and the amount of the day."""
    empty = get(fresh_server, "/wan27/tasks")
    nothing = {key: {"amounts": [], "seconds": 0} for key in (empty["today"], empty["today"][:7])}
    expected = {"tasks": [], "more": False, "running": 0, "damage": None, "totals": nothing}
    assert expected | {"today": empty["today"]} == empty
    post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    _, task_id = run_one(new_graph(fresh_server), image, **wan(seed=7))
    page = get(fresh_server, "/api/wan27/tasks")
    (task,) = page["tasks"]
    video = {"filename": f"{task_id}.mp4", "subfolder": "wan27", "type": "output"}
    expected = {
        "task_id": task_id,
        "state": "finished",
        "host": "PPIO",
        "mode": "first_frame",
        "prompt": wan()["prompt"],
        "resolution": "720P",
        "duration": 2,
        "seed": 7,
        "prompt_extend": True,
        "watermark": False,
        "node": "Wan27ImageToVideo",
        "progress": None,
        "problem": "",
        "price": "¥1.20",
        "error": "",
        "workflow": False,  # a program started it
        "video": video,
        "actions": ["collect", "forget"],
    }
    assert expected == {name: task[name] for name in expected}
    assert task["updated"] >= task["created"]
    total = {"amounts": ["¥1.20"], "seconds": 2}
    assert (False, {task["day"]: total, task["day"][:7]: total}) == (page["more"], page["totals"])
    status, headers, content = send(fresh_server, "GET", task["thumbnail"])
    assert (200, "image/jpeg", "no-store", b"\xff\xd8") == (
        status,
        headers["Content-Type"],
        headers["Cache-Control"],
        content[:2],
    )
    assert 200 == send(fresh_server, "GET", f"/view?{urlencode(video)}")[0]
    path = fresh_server.base / "output" / "wan27" / f"{task_id}.mp4"
    path.unlink()
    gone = newest(fresh_server)
    assert (None, str(path)) == (gone["video"], gone["path"])

    assert (202, {"started": True}) == post(fresh_server, "/wan27/tasks/collect", ref(task))
    wait_until(path.is_file)
    assert 1 == len(simulator.submissions)


def test_a_cancel_does_not_stop_a_download_in_the_background(
    new_graph, wan, image, simulator, paid_server
):
    """A task is collected once at a time, and its end is announced to every page."""
    simulator.script.working_seconds = 60
    run_one(new_graph(), image, **wan(wait=False))
    task = newest(paid_server)
    with paid_server.events() as events:
        assert {"started": True} == post(paid_server, "/wan27/tasks/collect", ref(task))[1]
        assert {"started": False} == post(paid_server, "/wan27/tasks/collect", ref(task))[1]
        paid_server.interrupt()
        for running in simulator.tasks:
            running.working_seconds = 0
        events.wait_for("wan27.tasks")
        wait_until(lambda: newest(paid_server)["state"] == "finished")
    assert 1 == len(simulator.submissions)
    assert None is run_one(new_graph(), image, **wan())[0]


def test_an_open_list_follows_what_no_node_does(new_graph, wan, image, simulator, fresh_server):
    """What is running ends without a click; a task of another host is left alone, with a reason.

    It is followed for as long as the list says, and nothing is submitted.
    """
    post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    simulator.script.working_seconds = 60
    for seed in range(2):
        run_one(new_graph(fresh_server), image, **wan(wait=False, seed=seed))
    failing, ending = list(simulator.tasks)[-2:]
    journal = Journal(state_folder(fresh_server) / "journal.sqlite3")
    journal.adopt(host="novita", task_id="foreign")

    def listed(query="follow=30"):
        page = get(fresh_server, f"/wan27/tasks?{query}")
        return {task["task_id"]: task for task in page["tasks"]}

    wait_until(lambda: (listed("follow=1")[ending.id]["progress"] or {}).get("phase"))
    wait_until(lambda: listed("count=9")[ending.id]["progress"] is None)  # the list was closed
    wait_until(lambda: "processing" == (listed()[ending.id]["progress"] or {}).get("phase"))
    failing.failure = "no face"
    for task in (failing, ending):
        task.working_seconds = 0
    wait_until(lambda: "finished" == listed()[ending.id]["state"], seconds=40)
    wait_until(lambda: "failed" == listed()[failing.id]["state"], seconds=40)
    tasks = listed()
    assert ("running", None, None) == (
        tasks["foreign"]["state"],
        tasks["foreign"]["progress"],
        tasks[failing.id]["price"],
    )
    assert "Novita" in tasks["foreign"]["problem"]
    assert (fresh_server.base / "output" / "wan27" / f"{ending.id}.mp4").is_file()
    assert 2 == len(simulator.submissions)


def test_only_an_ended_task_is_forgotten(new_graph, wan, image, simulator, paid_server):
    """Its video stays, and it is not bought again. The id of a task alone names nothing."""
    simulator.script.working_seconds = 60
    run_one(new_graph(), image, **wan(wait=False))
    task = newest(paid_server)

    def forget(named):
        status, answer = post(paid_server, "/wan27/tasks/forget", named)
        return status, answer.get("error", "")

    status, message = forget(ref(task))
    assert (409, True) == (status, message.startswith("This task is running"))
    for running in simulator.tasks:
        running.working_seconds = 0
    assert None is run_one(new_graph(), image, **wan())[0]
    assert 404 == forget({"id": task["id"], "created": task["created"] - 1})[0]
    assert (200, "") == forget(ref(task))
    tasks = get(paid_server, "/wan27/tasks")["tasks"]
    assert task["task_id"] not in [listed["task_id"] for listed in tasks]
    assert (paid_server.base / "output" / "wan27" / f"{task['task_id']}.mp4").is_file()
    assert (None, task["task_id"]) == run_one(new_graph(), image, **wan())
    assert 1 == len(simulator.submissions)


def test_a_wrong_id_is_taken_back(new_graph, wan, image, simulator, paid_server, tmp_path):
    """By a person; the request is uncertain again. The task of another request is refused."""
    # Of the shape of the image, or it would not be taken for the request's.
    simulator.script.video = str(numbered_video(tmp_path / "video.mp4", size=(640, 480)))
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    run_one(new_graph(), image, **wan())
    uncertain = newest(paid_server)
    (lost,) = list(simulator.tasks)[-1:]
    run_one(new_graph(), image, **wan(seed=1))
    another = newest(paid_server)

    def decide(action, **given):
        status, answer = post(paid_server, f"/wan27/tasks/{action}", ref(uncertain) | given)
        return status, answer.get("error", "")

    status, message = decide("attach", task_id=another["task_id"])
    assert (409, True) == (status, "belongs to another request" in message)
    assert [400] * 3 == [decide("attach", task_id=text)[0] for text in (" ", "a b", {})]
    assert 409 == decide("detach")[0]
    assert (200, "") == decide("attach", task_id=lost.id)
    assert (200, "") == decide("detach")
    assert "you may have been charged" in run_one(new_graph(), image, **wan())[0]
    assert (200, "") == decide("attach", task_id=lost.id)
    assert (None, lost.id) == run_one(new_graph(), image, **wan())
    assert 2 == len(simulator.submissions)


def test_the_workflow_that_bought_a_task_is_given_until_it_is_forgotten(
    new_graph, wan, image, simulator, fresh_server
):
    """Each item of a list has it; a task that a program started has none."""
    post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    graph = new_graph(fresh_server)
    images = graph.image(np.concatenate([image, image[:, ::-1]]))
    items = graph.add("RebatchImages", images=images, batch_size=1)
    node = graph.add("Wan27ImageToVideo", first_frame=[items, 0], **wan())
    graph.save(node, "task_id")
    workflow = {"id": "flow", "nodes": [{"id": int(node), "title": "猫 \ud83d"}]}
    for _ in range(2):  # the second Run buys nothing
        given = {"extra_pnginfo": {"workflow": workflow}}
        assert None is failure(fresh_server.wait(fresh_server.submit(graph.prompt, given)))
    run_one(new_graph(fresh_server), image, **wan(seed=1))
    alone, *both = get(fresh_server, "/wan27/tasks")["tasks"]
    assert [False, True, True] == [task["workflow"] for task in (alone, *both)]
    (file,) = (state_folder(fresh_server) / "workflows").iterdir()

    def kept(task):
        return post(fresh_server, "/wan27/tasks/workflow", ref(task))

    for task in both:
        assert (200, {"node_id": node, "workflow": workflow}) == kept(task)
        post(fresh_server, "/wan27/tasks/forget", ref(task))
    answers = [kept(task) for task in (alone, *both)]
    assert [404] * 3 == [status for status, _ in answers]
    assert all("is not kept" in answer["error"] for _, answer in answers)
    assert not file.exists()


@pytest.mark.parametrize("action", ["collect", "workflow", "forget", "attach", "detach", "abandon"])
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
def test_a_task_is_named_by_number_and_time(paid_server, action, body):
    """Anything else is refused with a message."""
    status, answer = post(paid_server, f"/wan27/tasks/{action}", {"task_id": "t", **body})
    assert (400, True) == (status, answer["error"].startswith("id and created must be"))


def test_a_failed_task_has_no_video_to_download(new_graph, wan, image, simulator, paid_server):
    """It is listed with its reason."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="no face"))
    run_one(new_graph(), image, **wan())
    task = newest(paid_server)
    assert ("failed", True, None) == (task["state"], "no face" in task["error"], task["video"])
    assert 409 == post(paid_server, "/wan27/tasks/collect", ref(task))[0]


def test_a_long_list_comes_in_pages(fresh_server):
    """Ten thousand tasks: each answer has one page, and the pages together have every task."""
    journal = Journal(state_folder(fresh_server) / "journal.sqlite3")
    with journal._database.transaction() as table:
        for number in range(10_000):
            new = NewEntry(fingerprint=str(number), host="novita")
            table.insert(new.row(State.FAILED, f"task{number}"))
    first = get(fresh_server, "/wan27/tasks")
    assert (50, True, 10_000) == (len(first["tasks"]), first["more"], first["tasks"][0]["id"])
    second = get(fresh_server, f"/wan27/tasks?count=50&before={first['tasks'][-1]['id']}")
    assert list(range(9950, 9900, -1)) == [task["id"] for task in second["tasks"]]
    last = get(fresh_server, "/wan27/tasks?count=5000&before=51")
    assert (50, False) == (len(last["tasks"]), last["more"])
    assert [400] * 4 == [
        send(fresh_server, "GET", f"/wan27/tasks?{query}")[0]
        for query in ("count=x", "before=-1", "count=9e9", "group=x")
    ]
    found = get(fresh_server, "/wan27/tasks?group=failed&search=task777&before=7773")["tasks"]
    assert [7772, 7771, 778] == [task["id"] for task in found]
    assert [] == get(fresh_server, "/wan27/tasks?group=undecided")["tasks"]
