"""The page's routes in a real ComfyUI: who may write, what is read, and the events sent back."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import KEY, settings
from .frontend_api import (
    SECRET,
    get,
    newest,
    post,
    ref,
    run_one,
    send,
    setting,
    state_folder,
)

pytestmark = pytest.mark.comfyui

BILLING = "https://novita.ai/billing/details"
WRITES = (
    "/wan27/pages",
    "/wan27/settings",
    "/wan27/keys",
    "/wan27/check",
    "/wan27/tasks/collect",
    "/wan27/tasks/workflow",
    "/wan27/tasks/forget",
    "/wan27/tasks/attach",
    "/wan27/tasks/detach",
    "/wan27/tasks/abandon",
    "/wan27/journal/acknowledge",
)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_page_of_another_site_writes_nothing(keyless_server, path, prefix):
    """Its Origin or Sec-Fetch-Site gives it away, with and without ComfyUI's prefix.

    With --enable-cors-header ComfyUI checks no origin; our writes still do.
    """
    own, port = keyless_server.url, urlsplit(keyless_server.url).port
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{port + 1}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": own, "Sec_Fetch_Site": "same-site"},
    ]

    def status(**headers):
        return send(keyless_server, "POST", prefix + path, {}, **headers)[0]

    assert [403] * len(foreign) == [status(**headers) for headers in foreign]
    assert 403 != status(Origin=own, Sec_Fetch_Site="same-origin")


def test_the_refusal_of_a_page_of_another_site_says_why(keyless_server):
    """The answer is neither cached nor sniffed."""

    def post_settings(**headers):
        return send(keyless_server, "POST", "/wan27/settings", {}, **headers)

    status, headers, answer = post_settings(Origin="https://evil.example")
    assert (403, "no-store", "nosniff") == (
        status,
        headers["Cache-Control"],
        headers["X-Content-Type-Options"],
    )
    assert answer["error"].startswith("This request came from another site.")
    assert 403 == post_settings(Origin="http://[")[0]
    # TLS can end at a proxy.
    assert 200 == post_settings(Origin="https://pod.example", Host="pod.example")[0]


def test_a_page_whose_name_leads_here_writes_only_if_the_user_trusts_it(fresh_server):
    """DNS rebinding: Origin and Host agree, and the page is another site's."""
    page = {"Origin": "http://evil.example:8188", "Host": "evil.example:8188"}
    key = {"name": "PPIO_API_KEY", "value": SECRET}

    def write(path, body):
        return send(fresh_server, "POST", path, body, **page)

    for path, body in (("/wan27/keys", key), ("/wan27/settings", {"WAN27_UPLOAD": "s3://b"})):
        status, _, answer = write(path, body)
        assert (403, True) == (status, "WAN27_PAGE_HOSTS=evil.example" in answer["error"])
    assert not setting(get(fresh_server, "/wan27/settings"), "PPIO_API_KEY")["set"]
    # No page may say which pages are trusted.
    assert 400 == post(fresh_server, "/wan27/settings", {"WAN27_PAGE_HOSTS": "evil.example"})[0]
    with settings(fresh_server, WAN27_PAGE_HOSTS="box.example, evil.example"):
        assert 200 == write("/wan27/settings", {})[0]
    assert 403 == write("/wan27/settings", {})[0]


@pytest.mark.parametrize("path", WRITES)
def test_only_a_small_json_object_is_read(keyless_server, path):
    """A form, a text, a list, broken JSON and 70 KB are refused with a message."""
    kinds = ("application/x-www-form-urlencoded", "text/plain", "")
    contents = (b"{", b"[]", b"", b"\xff", b"[" * 60000, b'"x"')
    answers = [send(keyless_server, "POST", path, b"{}", Content_Type=kind) for kind in kinds]
    answers += [send(keyless_server, "POST", path, content) for content in contents]
    answers.append(send(keyless_server, "POST", path, {"name": "x" * 70_000}))
    assert [415] * 3 + [400] * 6 + [413] == [status for status, _, _ in answers]
    assert all(answer["error"].endswith(".") for _, _, answer in answers)


def test_only_thumbnails_can_be_read_by_name(paid_server):
    """No path leads out of the folder, and no other file in it is served."""
    (state_folder(paid_server) / "thumbnails").mkdir(exist_ok=True)
    (state_folder(paid_server) / "thumbnails" / "notes.jpg").write_text("x")
    (state_folder(paid_server) / "credentials.jpg").write_text("x")
    names = [
        "notes",
        "..%2fcredentials",
        "../credentials",
        "%2e%2e%2fcredentials",
        "..%5ccredentials",
        "0" * 32,
        "",
        "a%00",
        "*",
    ]
    assert [404] * len(names) == [
        send(paid_server, "GET", f"/wan27/pictures/{name}.jpg")[0] for name in names
    ]


@pytest.mark.parametrize(
    ("fault", "message", "action", "has_task"),
    [
        (
            Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE"),
            "Top up the account, then Run again. https://novita.ai/billing",
            "top_up",
            False,
        ),
        (Fault(on="download", do="wrong_content"), "collects it for free", "collect", True),
    ],
)
def test_an_error_is_sent_to_the_page_with_what_helps(
    simulator, new_graph, wan, image, paid_server, fault, message, action, has_task
):
    """The event has the message of the node, the node and the action."""
    simulator.script.faults.append(fault)
    graph = new_graph()
    graph.image_to_video(image, **wan())
    with paid_server.events() as events:
        error = failure(graph.run())
        event = events.wait_for("wan27.error").data
    assert message in error
    url = BILLING if action == "top_up" else None
    assert (error, "2", action, url) == tuple(
        event[name] for name in ("message", "node_id", "action", "url")
    )
    assert has_task == (event["task_id"] is not None)


def test_a_lost_response_is_sent_to_the_page_with_what_a_person_can_decide(
    simulator, new_graph, wan, image, paid_server
):
    """The card and the list name the same entry and the same two actions."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    with paid_server.events() as events:
        assert "you may have been charged" in run_one(new_graph(), image, **wan())[0]
        event = events.wait_for("wan27.error").data
    task = newest(paid_server)
    assert (ref(task), ["attach", "abandon"]) == (event["entry"], event["actions"])
    assert task["actions"] == event["actions"]


def test_every_change_of_a_task_is_announced(simulator, new_graph, wan, image, paid_server):
    """Begun, submitted and finished: three events without content."""
    with paid_server.events() as events:
        assert None is run_one(new_graph(), image, **wan())[0]
        events.wait_for_end()
        assert [{}] * 3 == [event.data for event in events.of("wan27.tasks")]


def test_a_registered_page_gets_the_status_as_data_and_no_text(
    simulator, new_graph, wan, image, paid_server, monkeypatch
):
    """Another page gets both: it may not know our data."""
    monkeypatch.setattr(paid_server, "client_id", uuid.uuid4().hex)
    registered = post(paid_server, "/wan27/pages", {"client_id": paid_server.client_id})
    assert (200, {"problems": []}) == registered
    with paid_server.events() as events:
        task_id = run_one(new_graph(), image, **wan())[1]
        events.wait_for_end()
        statuses = [event.data for event in events.of("wan27.status")]
        texts = events.texts()
    last = statuses[-1]
    assert ([], "done", True, "2", task_id) == (
        texts,
        last["phase"],
        last["bought"],
        last["node_id"],
        last["task_id"],
    )
    assert {"Novita"} == {status["host"] for status in statuses}
    monkeypatch.setattr(paid_server, "client_id", uuid.uuid4().hex)
    with paid_server.events() as events:
        run_one(new_graph(), image, **wan())
        events.wait_for_end()
        assert [f"done · nothing was bought · task {task_id}"] == events.texts()[-1:]
        first, *_, last = [event.data for event in events.of("wan27.status")]
        assert ("uploading", None) == (first["phase"], first["price"])  # before media are encoded
        assert ("done", False) == (last["phase"], last["bought"])


def test_a_missing_package_is_reported_with_the_command_that_installs_it(
    start_server, tmp_path, new_graph, wan, image
):
    """On the node and on the page; the routes that do not need it still answer."""
    (tmp_path / "httpx.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'httpx'\", name='httpx')"
    )
    server = start_server(env={"NOVITA_API_KEY": KEY, "PYTHONPATH": str(tmp_path)})
    graph = new_graph(server)
    graph.image_to_video(image, **wan())
    with server.events() as events:
        error = failure(graph.run())
        assert error == events.wait_for("wan27.error").data["message"]
    assert "The Python package httpx is not installed" in error
    requirements = server.base / "custom_nodes" / "ComfyUI-Wan-27" / "requirements.txt"
    assert error.endswith(f"-m pip install -r {requirements}")
    assert "httpx is not installed" in get(server, "/wan27/settings")["problem"]
    assert 409 == post(server, "/wan27/check", {})[0]
    cost = {"problem": None, "host": "Novita", "price": None}
    assert cost == get(server, "/wan27/cost?video=720P+5")
    server.stop()
