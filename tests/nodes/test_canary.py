"""The API key is in nothing that a real ComfyUI writes or answers."""

from __future__ import annotations

import base64
import gzip
import secrets
from urllib.parse import quote

import pytest

from scripts.client import failure
from tests.chaos.key_search import forms, in_files, in_responses
from tests.simulator import Fault

from .conftest import KEY

pytestmark = pytest.mark.comfyui

# A host that quotes the key in every place that is shown or stored.
QUOTED = {"message": f"the key {KEY} is bad, Bearer {KEY}", "reason": "INVALID_REQUEST_BODY"}
FAULTS = [
    Fault(on="submit", do="status", status=400, body=QUOTED),
    Fault(on="submit", do="drop_after_body"),
    Fault(on="task", do="wrong_content", body={KEY: 1}),
    Fault(on="download", do="wrong_content", body=f"<html>{KEY}</html>"),
    Fault(on="run", do="fail", reason=f"no {KEY} allowed"),
]


def graph_of(new_graph, server, image, widgets):
    """Return a graph that saves the video and the last frame, with the workflow in their files."""
    graph = new_graph(server)
    node = graph.add("Wan27ImageToVideo", first_frame=graph.image(image), **widgets)
    graph.add("SaveVideo", video=[node, 3], filename_prefix="video", format="auto", codec="auto")
    graph.add("SaveImage", images=[node, 4], filename_prefix="last")
    graph.save(node, "task_id")
    return graph


def test_the_key_is_in_no_file_and_no_answer(
    comfyui, paid_server, simulator, new_graph, wan, image
):
    """After five Runs that fail and one that does not, every file and every route is searched."""
    errors = []
    for number, fault in enumerate(FAULTS):
        simulator.script.faults.append(fault)
        errors.append(failure(graph_of(new_graph, paid_server, image, wan(seed=number)).run()))
    graph = graph_of(new_graph, paid_server, image, wan(seed=99))
    prompt_id = paid_server.submit(graph.prompt, {"extra_pnginfo": {"workflow": graph.prompt}})
    assert None is failure(paid_server.wait(prompt_id))
    assert [] != list(paid_server.base.glob("user/__wan27/workflows/*.json.gz"))

    assert [] == [error for error in errors if error is None or KEY in error]
    assert [] == in_files(paid_server.base, KEY)
    count, leaks = in_responses(paid_server, comfyui.folder, KEY, prompt_id)
    assert [] == leaks
    assert count > 60
    assert {f"Bearer {KEY}"} == {
        seen.headers["Authorization"] for seen in simulator.requests if seen.call != "download"
    }
    assert [] == [headers for headers in simulator.downloads if "Authorization" in headers]
    assert "Signature=" not in paid_server.log()


@pytest.mark.parametrize(
    "hidden",
    [
        KEY.encode(),
        KEY.upper().encode(),
        quote(KEY, safe="").encode(),
        KEY.encode("utf-16"),
        KEY.encode().hex().encode(),
        *(base64.b64encode(b"x" * before + f"Bearer {KEY}".encode() + b"y") for before in range(3)),
    ],
)
def test_the_search_finds_the_key_in_every_form(tmp_path, hidden):
    """A search that cannot find it would prove nothing."""
    (tmp_path / "file").write_bytes(b"before" + hidden + b"after")
    (tmp_path / "file.gz").write_bytes(gzip.compress(hidden))
    assert 2 <= len(in_files(tmp_path, KEY))
    assert [] == in_files(tmp_path, f"sk-canary-{secrets.token_hex(12)}")
    assert 6 == len(forms(KEY))
