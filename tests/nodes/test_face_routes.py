"""The page's routes in a real ComfyUI over HTTP: who may write, what is read, and what the page is told over the websocket."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import KEY
from .face import ask, get, post, run_one, state

pytestmark = pytest.mark.comfyui

WRITES = (
    "/wan27/pages",
    "/wan27/settings",
    "/wan27/keys",
    "/wan27/check",
    "/wan27/tasks/forget",
    "/wan27/tasks/collect",
)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_page_from_elsewhere_writes_nothing(face, path, prefix):
    """Refused by its Origin, or by what the browser says of the site, under both addresses of each route."""
    own, port = face.url, urlsplit(face.url).port
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{port + 1}"},
    ]
    foreign += [{"Sec_Fetch_Site": site} for site in ("cross-site", "same-site")] + [
        {"Origin": own, "Sec_Fetch_Site": "same-site"}
    ]
    assert [403] * len(foreign) == [
        ask(face, "POST", prefix + path, {}, **headers)[0] for headers in foreign
    ]
    assert 403 != ask(face, "POST", prefix + path, {}, Origin=own, Sec_Fetch_Site="same-origin")[0]


def test_a_page_from_elsewhere_is_refused_where_comfyui_lets_everybody_in(open_server):
    """With --enable-cors-header ComfyUI checks no origin; our writes still do."""
    status, headers, answer = ask(
        open_server, "POST", "/wan27/settings", {}, Origin="https://evil.example"
    )
    assert (403, "no-store", "nosniff") == (
        status,
        headers["Cache-Control"],
        headers["X-Content-Type-Options"],
    )
    assert answer["error"].startswith("This request came from another site.")
    assert 403 == ask(open_server, "POST", "/wan27/settings", {}, Origin="http://[")[0]
    assert (
        200
        == ask(
            open_server,
            "POST",
            "/wan27/settings",
            {},
            Origin="https://pod.example",
            Host="pod.example",
        )[0]
    )  # TLS ends at a proxy


@pytest.mark.parametrize("path", WRITES)
def test_only_a_small_json_object_is_read(face, path):
    """A form, a text, a list, broken JSON and 70 KB are refused, each with a sentence."""
    plain = [
        ask(face, "POST", path, b"{}", Content_Type=kind)
        for kind in ("application/x-www-form-urlencoded", "text/plain", "")
    ]
    broken = [
        ask(face, "POST", path, content)
        for content in (b"{", b"[]", b"", b"\xff", b"[" * 60000, b'"x"')
    ]
    large = ask(face, "POST", path, {"name": "x" * 70_000})
    assert [415] * 3 + [400] * 6 + [413] == [status for status, _, _ in (*plain, *broken, large)]
    assert all(answer["error"].endswith(".") for _, _, answer in (*plain, *broken, large))


def test_nothing_but_pictures_can_be_had_by_name(paid_server):
    """No way out of the folder, and no other file in it."""
    (state(paid_server) / "thumbnails").mkdir(exist_ok=True)
    (state(paid_server) / "thumbnails" / "notes.jpg").write_text("x")
    (state(paid_server) / "credentials.jpg").write_text("x")
    tries = [
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
    assert [404] * len(tries) == [
        ask(paid_server, "GET", f"/wan27/pictures/{name}.jpg")[0] for name in tries
    ]


@pytest.mark.parametrize(
    ("fault", "says", "action", "has_task"),
    [
        (
            Fault(on="submit", do="status", status=403, reason="INVALID_API_KEY"),
            "Check the key",
            "settings",
            False,
        ),
        (
            Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE"),
            "Top up",
            "top_up",
            False,
        ),
        (Fault(on="submit", do="drop_after_body"), "you may have been charged", "collect", False),
        (Fault(on="download", do="wrong_content"), "collects it for free", "collect", True),
        (Fault(on="run", do="fail", reason="no face"), "no face", None, True),
    ],
)
def test_an_error_is_told_to_the_page_with_what_helps(
    simulator, new_graph, wan, picture, paid_server, fault, says, action, has_task
):
    """The sentence, the node, and the one thing to do; the node fails as ever."""
    simulator.script.faults.append(fault)
    graph = new_graph()
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "task_id")
    with paid_server.events() as events:
        said = failure(graph.run())
        told = events.wait_for("wan27.error").data
    assert says in said
    assert (said, "2", action) == (told["message"], told["node_id"], told["action"])
    assert ("https://novita.ai/settings/key-management" if action == "top_up" else None) == told[
        "url"
    ]
    assert has_task == (told["task_id"] is not None)


def test_every_change_of_a_task_is_told(simulator, new_graph, wan, picture, paid_server):
    """Begun, submitted and finished: three times, without a word of what it is."""
    with paid_server.events() as events:
        assert None is run_one(new_graph(), picture, **wan())[0]
        assert [{}] * 3 == [event.data for event in events.of("wan27.tasks")]


def test_a_page_is_told_the_status_as_data_and_no_line_beside_it(
    simulator, new_graph, wan, picture, paid_server
):
    """One that never said it would show it gets the line of text as well, for it may not know our data."""
    assert (200, {"noted": True}) == post(
        paid_server, "/wan27/pages", {"client_id": paid_server.client_id}
    )
    with paid_server.events() as events:
        task_id = run_one(new_graph(), picture, **wan())[1]
        ours, texts = [event.data for event in events.of("wan27.status")], events.texts()
    assert ([], "done", "2", task_id) == (
        texts,
        ours[-1]["phase"],
        ours[-1]["node_id"],
        ours[-1]["task_id"],
    )
    assert {"Novita"} == {status["host"] for status in ours}
    paid_server.client_id = uuid.uuid4().hex
    with paid_server.events() as events:
        run_one(new_graph(), picture, **wan())
        assert [f"done · nothing was bought · task {task_id}"] == events.texts()[-1:]
        assert "done" == events.of("wan27.status")[-1].data["phase"]


def test_a_missing_package_is_told_with_the_command_that_installs_it(
    start_server, tmp_path, new_graph, wan, picture
):
    """At the node and on the page; the routes that can do without still answer."""
    (tmp_path / "httpx.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'httpx'\", name='httpx')"
    )
    server = start_server(env={"NOVITA_API_KEY": KEY, "PYTHONPATH": str(tmp_path)})
    graph = new_graph(server)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "task_id")
    with server.events() as events:
        said = failure(graph.run())
        assert said == events.wait_for("wan27.error").data["message"]
    assert "The Python package httpx is not installed" in said
    requirements = server.base / "custom_nodes" / "ComfyUI-Wan-27" / "requirements.txt"
    assert said.endswith(f"-m pip install -r {requirements}")
    assert "httpx is not installed" in get(server, "/wan27/settings")["problem"]
    cost = {"problem": None, "host": "Novita", "price": None}
    assert (409, cost) == (
        post(server, "/wan27/check", {})[0],
        get(server, "/wan27/cost?video=720P+5"),
    )
    server.stop()
