"""Media on a port of their own, in a real ComfyUI: they are there, and ComfyUI is not."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest

from scripts.client import failure

from .conftest import settings
from .frontend_api import post
from .test_serve import collect, fetch, served, submitted

pytestmark = pytest.mark.comfyui


def serving_at(server, port):
    """Set the port, and an address that leads to it."""
    url = f"http://127.0.0.1:{port}"
    return settings(server, WAN27_UPLOAD=url, WAN27_SERVE_PORT=str(port))


def test_the_port_gives_the_media_of_a_task_and_nothing_else_of_comfyui(
    simulator, new_graph, wan, image, paid_server, unused_tcp_port
):
    """By no path, and in no spelling of one; the file is gone with its task."""
    graph = new_graph(paid_server)
    graph.image_to_video(image, **wan(wait=False))
    with serving_at(paid_server, unused_tcp_port):
        url = submitted(graph, simulator, "image_url")
        base, _, name = url.rpartition("/")
        root = f"http://127.0.0.1:{unused_tcp_port}"
        assert f"{root}/wan27/media" == base
        status, headers, content = fetch(url)
        assert (200, "image/png", b"\x89PNG") == (status, headers["Content-Type"], content[:4])
        assert (206, content[5:9]) == fetch(url, Range="bytes=5-8")[::2]
        assert not {"Server", "Access-Control-Allow-Origin"} & {*headers}
        targets = [
            *("/", "/prompt", "/system_stats", "/view?filename=x.png", "/api/prompt", "/queue"),
            *("/wan27/settings", "/wan27/tasks", "/wan27/media/", "/object_info", "/ws"),
            *("/wan27/media/../journal.sqlite3", "/wan27/media/%2e%2e/settings.json"),
            *("/wan27/media/..%2fsettings.json", "/wan27/media//etc/passwd", "/../prompt"),
            f"/wan27/media/../media/{name}",
        ]
        assert [(404, b"")] * len(targets) == [fetch(f"{root}{each}")[::2] for each in targets]
        assert 404 == fetch(f"{root}/prompt", "POST")[0]
        collect(new_graph(paid_server), simulator)
        assert 404 == fetch(url)[0]


def test_an_address_of_comfyui_itself_is_refused_where_a_port_is_set(
    simulator, new_graph, wan, image, paid_server, unused_tcp_port
):
    """The tunnel exposes what the user wanted to hide. Nothing is submitted."""
    graph = new_graph(paid_server)
    graph.image_to_video(image, **wan())
    given = {"WAN27_UPLOAD": paid_server.url, "WAN27_SERVE_PORT": str(unused_tcp_port)}
    with settings(paid_server, **given):
        message = failure(graph.run())
    target = f'127.0.0.1:{unused_tcp_port} ("Port for media only")'
    assert f"lead to {target}. Nothing was sent." in message
    assert ([], []) == (simulator.requests, served(paid_server))


@pytest.mark.parametrize("taken", ["by another program", "by ComfyUI"])
def test_a_port_that_is_taken_is_reported_before_anything_is_submitted(
    simulator, new_graph, wan, image, paid_server, taken
):
    """The message names the setting."""
    graph = new_graph(paid_server)
    graph.image_to_video(image, **wan())
    with contextlib.ExitStack() as stack:
        port = int(paid_server.url.rpartition(":")[2])
        if taken == "by another program":
            other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = other.getsockname()[1]
        stack.enter_context(serving_at(paid_server, port))
        message = failure(graph.run())
    assert f'"Port for media only" is {port}, ' in message
    assert "Set another one." in message
    assert ([], []) == (simulator.requests, served(paid_server))


def test_a_taken_port_stops_no_run_that_does_not_need_it(
    simulator, new_graph, wan, image, paid_server
):
    """Images inside the request, here."""
    graph = new_graph(paid_server)
    graph.image_to_video(image, **wan())
    with settings(paid_server, WAN27_SERVE_PORT=paid_server.url.rpartition(":")[2]):
        assert None is failure(graph.run())


def test_the_port_is_open_as_soon_as_it_is_set_on_the_page(fresh_server, unused_tcp_port):
    """So that a tunnel can be tried; a port that cannot be used is not saved."""
    status, answer = post(fresh_server, "/wan27/settings", {"WAN27_SERVE_PORT": unused_tcp_port})
    rows = {row["name"]: row["value"] for row in answer["settings"]}
    assert (200, str(unused_tcp_port)) == (status, rows["WAN27_SERVE_PORT"])
    assert 404 == fetch(f"http://127.0.0.1:{unused_tcp_port}/")[0]
    own = fresh_server.url.rpartition(":")[2]
    status, answer = post(fresh_server, "/wan27/settings", {"WAN27_SERVE_PORT": own})
    assert (400, True) == (status, "is ComfyUI's own port" in json.dumps(answer))
