"""Local media served from the very ComfyUI that runs the graph: the host reads them while the task runs, and nobody afterwards."""

from __future__ import annotations

import http.client
import re
import wave
from contextlib import closing
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import pytest

from scripts.client import failure
from tests.simulator import Fault

from .conftest import settings
from .numbered_video import numbered_video, numbers
from .test_bucket import decoded

pytestmark = pytest.mark.comfyui


def fetched(url, method="GET", **headers):
    """Status, headers and body of an address."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)) as connection:
        connection.request(
            method, url.removeprefix(f"{parts.scheme}://{parts.netloc}"), headers=headers
        )  # as it is: nothing is normalised
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def submitted(graph, simulator, field):
    """Run a graph whose node does not wait; return the address that the host got."""
    assert None is failure(graph.run())
    return simulator.submissions[-1][field]


def collect(graph, simulator):
    """Collect the newest task, which ends it."""
    graph.save(
        graph.add("Wan27TaskPoll", task_id=list(simulator.tasks)[-1].id, decode_frames=False),
        "task_id",
    )
    assert None is failure(graph.run())


def served(server):
    return sorted(path.name for path in (server.base / "user" / "__wan27" / "serving").glob("*"))


@pytest.fixture
def address(simulator, new_graph, wan, picture, serving_server):
    """The address of the picture of a task that is still running."""
    graph = new_graph(serving_server)
    graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan(wait=False)),
        "task_id",
    )
    yield submitted(graph, simulator, "image_url")
    collect(new_graph(serving_server), simulator)


def test_a_picture_is_served_for_as_long_as_its_task_runs(
    simulator, new_graph, wan, picture, serving_server
):
    """A PNG at an address that cannot be guessed; 404 once the task was collected."""
    graph = new_graph(serving_server)
    graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan(wait=False)),
        "task_id",
    )
    url = submitted(graph, simulator, "image_url")
    assert re.fullmatch(rf"{serving_server.url}/wan27/media/[0-9a-f]{{32}}\.png", url)
    status, headers, content = fetched(url)
    assert (200, "image/png", b"\x89PNG") == (status, headers["Content-Type"], content[:4])
    collect(new_graph(serving_server), simulator)
    assert (404, []) == (fetched(url)[0], served(serving_server))


def test_a_trimmed_clip_arrives_to_the_frame(simulator, new_graph, wan, serving_server, tmp_path):
    """ComfyUI's own Video Slice: 60 frames from the 30th on, in order, none more; the scratch file is long gone."""
    graph = new_graph(serving_server)
    source = numbered_video(tmp_path / "long.mp4", frames=150)
    trimmed = graph.add(
        "Video Slice",
        video=[graph.add("ProbeVideo", path=str(source)), 0],
        start_time=1.0,
        duration=2.0,
        strict_duration=False,
    )
    graph.save(
        graph.add("Wan27Continuation", first_clip=[trimmed, 0], **wan(duration=4, wait=False)),
        "task_id",
    )
    status, headers, content = fetched(submitted(graph, simulator, "first_clip_url"))
    assert (200, "video/mp4") == (status, headers["Content-Type"])
    assert list(range(30, 90)) == numbers(decoded(content) / 255)
    collect(new_graph(serving_server), simulator)


def test_sound_is_served_as_wav(simulator, new_graph, wan, picture, serving_server, tmp_path):
    """The host reads the samples of the graph."""
    np.save(
        tmp_path / "sound.npy",
        np.sin(np.arange(16000 * 3) / 20).astype(np.float32)[None, None] * 0.5,
    )
    graph = new_graph(serving_server)
    sound = [graph.add("ProbeAudio", path=str(tmp_path / "sound.npy"), sample_rate=16000), 0]
    graph.save(
        graph.add(
            "Wan27ImageToVideo",
            first_frame=graph.image(picture),
            driving_audio=sound,
            **wan(wait=False),
        ),
        "task_id",
    )
    status, headers, content = fetched(submitted(graph, simulator, "driving_audio_url"))
    with wave.open(BytesIO(content)) as file:
        assert (200, "audio/wav", 48000) == (status, headers["Content-Type"], file.getnframes())
    assert 2 == len(served(serving_server))
    collect(new_graph(serving_server), simulator)
    assert [] == served(serving_server)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (None, "None"),
        (Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT"), "ILLEGAL_PROMPT"),
        (Fault(on="run", do="fail", reason="no face"), "no face"),
    ],
)
def test_a_whole_run_leaves_nothing_behind(
    simulator, new_graph, wan, picture, serving_server, fault, says
):
    """Whether it ends well, is refused, or fails at the host."""
    if fault:
        simulator.script.faults.append(fault)
    graph = new_graph(serving_server)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "task_id")
    assert says in str(failure(graph.run()))
    assert ([], 1) == (served(serving_server), len(simulator.submissions))


def test_a_restart_in_the_middle_of_a_task_changes_nothing(
    crash_server, simulator, new_graph, wan, picture
):
    """The folder is the truth: the file is served again at once, and goes with its task."""
    graph = new_graph(crash_server)
    graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan(wait=False)),
        "task_id",
    )
    with settings(crash_server, WAN27_UPLOAD=crash_server.url):
        url = submitted(graph, simulator, "image_url")
        crash_server.kill()
        crash_server.start()
        assert 200 == fetched(url)[0]
        collect(new_graph(crash_server), simulator)
        assert 404 == fetched(url)[0]


def test_fetchers_may_ask_as_they_like(address):
    """GET, HEAD and ranges, with headers that let nobody keep or reinterpret it; nothing can be written."""
    _, whole_headers, whole = fetched(address)
    assert ("no-store", "nosniff") == (
        whole_headers["Cache-Control"],
        whole_headers["X-Content-Type-Options"],
    )
    status, headers, body = fetched(address, "HEAD")
    assert (200, str(len(whole)), b"") == (status, headers["Content-Length"], body)
    status, headers, body = fetched(address, Range="bytes=10-19")
    assert (206, f"bytes 10-19/{len(whole)}", whole[10:20]) == (
        status,
        headers["Content-Range"],
        body,
    )
    for method in ("PUT", "POST", "DELETE"):
        assert fetched(address, method)[0] in {404, 405}
    assert whole == fetched(address)[2]


def test_nothing_else_can_be_had(address, serving_server):
    """No listing, no way out of the folder, no near miss; and no cache may keep the 404 of a picture."""
    base, name = address.rsplit("/", 1)
    notes = serving_server.base / "user" / "__wan27" / "serving" / "notes.txt"
    notes.write_text("x")
    tries = [
        "",
        ".",
        "..",
        "notes.txt",
        "..%2fjournal.sqlite3",
        "../journal.sqlite3",
        "%2e%2e/journal.sqlite3",
        "..%5cjournal.sqlite3",
    ]
    tries += [
        f"%2f%2f[/{name}",
        f"..%2fserving%2f{name}",
        f"{name}%00",
        f"{name}/",
        f"{name}.part",
        name.upper(),
        "0" * 32 + ".png",
    ]
    assert [404] * len(tries) == [fetched(f"{base}/{each}")[0] for each in tries]
    assert "no-store" == fetched(f"{base}/{'0' * 32}.png")[1]["Cache-Control"]
    notes.unlink()


@pytest.mark.parametrize("path", ["/nothing/here", "/wan27"])
def test_a_wrong_public_address_stops_before_anything_is_submitted(
    simulator, new_graph, wan, picture, paid_server, path
):
    """The sentence says what came back; neither the host nor the folder has anything."""
    graph = new_graph(paid_server)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "task_id")
    with settings(paid_server, WAN27_UPLOAD=paid_server.url + path):
        said = failure(graph.run())
    assert (
        "first_frame is not reachable at 127.0.0.1, the public address in WAN27_UPLOAD: it answered 404 Not Found"
        in said
    )
    assert ([], []) == (simulator.requests, served(paid_server))


def test_an_address_of_this_machine_is_no_use_to_a_host_outside(
    open_server, new_graph, wan, picture
):
    """Told before anything is encoded, placed or sent."""
    graph = new_graph(open_server)
    graph.save(graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **wan()), "task_id")
    with settings(open_server, WAN27_UPLOAD="http://localhost:8188"):
        said = failure(graph.run())
    assert "WAN27_UPLOAD is an address of this machine, which Novita cannot reach" in said


def test_the_simulator_in_the_pack_takes_clips_and_sound_without_a_setting(
    server, new_graph, wan, picture, tmp_path
):
    """Every node can be tried for free: pictures go inside the request, the rest comes from this ComfyUI and is gone afterwards."""
    np.save(
        tmp_path / "sound.npy",
        np.sin(np.arange(16000 * 3) / 20).astype(np.float32)[None, None] * 0.5,
    )
    graph = new_graph(server)
    sound = [graph.add("ProbeAudio", path=str(tmp_path / "sound.npy"), sample_rate=16000), 0]
    graph.save(
        graph.add(
            "Wan27ImageToVideo", first_frame=graph.image(picture), driving_audio=sound, **wan()
        ),
        "task_id",
    )
    clip = [graph.add("ProbeVideo", path=str(numbered_video(tmp_path / "clip.mp4"))), 0]
    graph.save(graph.add("Wan27Continuation", first_clip=clip, **wan(duration=3)), "task_id")
    assert None is failure(graph.run())
    assert [] == served(server)
