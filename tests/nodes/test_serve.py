"""Local media served from the ComfyUI that runs the graph, for as long as their task runs."""

from __future__ import annotations

import http.client
import re
import wave
from contextlib import closing
from io import BytesIO
from urllib.parse import urlsplit

import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import settings
from .frontend_api import state_folder
from .numbered_video import numbered_video

pytestmark = pytest.mark.comfyui


def fetch(url, method="GET", **headers):
    """Send one request with the URL exactly as given; return status, headers and body."""
    parts = urlsplit(url)
    target = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)) as connection:
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def submitted(graph, simulator, field):
    """Run a graph whose node does not wait; return the URL that the host received."""
    assert None is failure(graph.run())
    return simulator.submissions[-1][field]


def collect(graph, simulator, task_id=None):
    """Collect a task, which ends it; the newest if none is given."""
    task_id = task_id or list(simulator.tasks)[-1].id
    graph.save(graph.add("Wan27TaskPoll", task_id=task_id, decode_frames=False), "task_id")
    assert None is failure(graph.run())


def served(server):
    return sorted(path.name for path in (state_folder(server) / "serving").glob("*"))


@pytest.fixture
def url(simulator, new_graph, wan, image, serving_server):
    """Return the URL of the image of a task that is still running."""
    graph = new_graph(serving_server)
    graph.image_to_video(image, **wan(wait=False))
    yield submitted(graph, simulator, "image_url")
    collect(new_graph(serving_server), simulator)


def test_an_image_is_served_while_its_task_runs(simulator, new_graph, wan, image, serving_server):
    """As PNG under a name that cannot be guessed; 404 once the task was collected."""
    graph = new_graph(serving_server)
    graph.image_to_video(image, **wan(wait=False))
    url = submitted(graph, simulator, "image_url")
    assert re.fullmatch(rf"{serving_server.url}/wan27/media/[0-9a-f]{{32}}\.png", url)
    status, headers, content = fetch(url)
    assert (200, "image/png", b"\x89PNG") == (status, headers["Content-Type"], content[:4])
    collect(new_graph(serving_server), simulator)
    assert (404, []) == (fetch(url)[0], served(serving_server))


def test_audio_is_served_as_wav(simulator, new_graph, wan, image, serving_server, sound):
    """The file has every sample."""
    graph = new_graph(serving_server)
    graph.image_to_video(image, driving_audio=graph.audio(sound, 16000), **wan(wait=False))
    status, headers, content = fetch(submitted(graph, simulator, "driving_audio_url"))
    with wave.open(BytesIO(content)) as file:
        assert (200, "audio/wav", 48000) == (status, headers["Content-Type"], file.getnframes())
    assert 2 == len(served(serving_server))
    collect(new_graph(serving_server), simulator)
    assert [] == served(serving_server)


def test_a_refused_run_leaves_nothing_behind(simulator, new_graph, wan, image, serving_server):
    """No task will ever read the image."""
    refusal = Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT")
    simulator.script.faults.append(refusal)
    graph = new_graph(serving_server)
    graph.image_to_video(image, **wan())
    assert "ILLEGAL_PROMPT" in failure(graph.run())
    assert ([], 1) == (served(serving_server), len(simulator.submissions))


def test_a_restart_during_a_task_changes_nothing(
    crash_server, simulator, new_graph, wan, image, unused_tcp_port
):
    """The file is served again at once, also on a port of its own, and deleted with its task."""
    port = {
        "WAN27_UPLOAD": f"http://127.0.0.1:{unused_tcp_port}",
        "WAN27_SERVE_PORT": str(unused_tcp_port),
    }
    urls = []
    for seed, given in enumerate([{"WAN27_UPLOAD": crash_server.url}, port]):
        graph = new_graph(crash_server)
        graph.image_to_video(image, **wan(wait=False, seed=seed))
        with settings(crash_server, **given):
            urls.append(submitted(graph, simulator, "image_url"))
            if given is port:
                crash_server.kill()
                crash_server.start()
    assert [200, 200] == [fetch(url)[0] for url in urls]
    with settings(crash_server, **port):
        for task in list(simulator.tasks)[-2:]:
            collect(new_graph(crash_server), simulator, task.id)
    assert [404, 404] == [fetch(url)[0] for url in urls]


def test_a_file_is_read_by_get_head_and_range(url):
    """Its headers forbid caching and sniffing; nothing can be written."""
    _, headers, whole = fetch(url)
    assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])
    status, headers, body = fetch(url, "HEAD")
    assert (200, str(len(whole)), b"") == (status, headers["Content-Length"], body)
    status, headers, body = fetch(url, Range="bytes=10-19")
    content_range = f"bytes 10-19/{len(whole)}"
    assert (206, content_range, whole[10:20]) == (status, headers["Content-Range"], body)
    for method in ("PUT", "POST", "DELETE"):
        assert fetch(url, method)[0] in {404, 405}
    assert whole == fetch(url)[2]


def test_nothing_else_can_be_read(url, serving_server):
    """No listing, no path out of the folder, no similar name; a 404 is not cached either."""
    base, name = url.rsplit("/", 1)
    notes = state_folder(serving_server) / "serving" / "notes.txt"
    notes.write_text("x")
    names = [
        "",
        ".",
        "..",
        "notes.txt",
        "..%2fjournal.sqlite3",
        "../journal.sqlite3",
        "%2e%2e/journal.sqlite3",
        "..%5cjournal.sqlite3",
        f"%2f%2f[/{name}",
        f"..%2fserving%2f{name}",
        f"{name}%00",
        f"{name}/",
        f"{name}.part",
        name.upper(),
        "0" * 32 + ".png",
    ]
    assert [404] * len(names) == [fetch(f"{base}/{each}")[0] for each in names]
    assert "no-store" == fetch(f"{base}/{'0' * 32}.png")[1]["Cache-Control"]
    notes.unlink()


@pytest.mark.parametrize("path", ["/nothing/here", "/wan27"])
def test_a_wrong_public_address_is_reported_before_anything_is_submitted(
    simulator, new_graph, wan, image, paid_server, path
):
    """The message has the response; the folder stays empty."""
    graph = new_graph(paid_server)
    graph.image_to_video(image, **wan())
    with settings(paid_server, WAN27_UPLOAD=paid_server.url + path):
        error = failure(graph.run())
    assert "first_frame is not reachable at 127.0.0.1, the public address in" in error
    assert "404 Not Found" in error
    assert ([], []) == (simulator.requests, served(paid_server))


def test_the_simulator_takes_clips_and_audio_without_a_setting(
    server, new_graph, wan, image, tmp_path, sound
):
    """So that every node can be tried for free; nothing stays served."""
    graph = new_graph(server)
    graph.image_to_video(image, driving_audio=graph.audio(sound, 16000), **wan())
    clip = graph.video(numbered_video(tmp_path / "clip.mp4"))
    graph.continuation(first_clip=clip, **wan(duration=3))
    assert None is failure(graph.run())
    assert [] == served(server)
