"""The test server itself: a real ComfyUI runs graphs, is cancelled, killed and started again."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from benchmarks.peak_memory import PeakMemory
from scripts.client import PromptRefused, failure

pytestmark = pytest.mark.comfyui


def node(class_type, **inputs):
    """Return one node of a prompt in API format."""
    return {"class_type": class_type, "inputs": inputs}


def test_a_tensor_passes_through_a_graph_unchanged(server, tmp_path):
    """A float tensor with four channels and values outside 0..1."""
    tensor = np.random.default_rng(1).normal(size=(2, 5, 7, 4)).astype(np.float32)
    np.save(tmp_path / "in.npy", tensor)

    entry = server.run(
        {
            "1": node("ProbeImage", path=str(tmp_path / "in.npy")),
            "2": node("ProbeSave", folder=str(tmp_path / "out"), frames=["1", 0]),
        }
    )

    assert None is failure(entry)
    assert np.array_equal(tensor, np.load(tmp_path / "out" / "frames.npy"))
    assert ["frames"] == list(json.loads((tmp_path / "out" / "probe.json").read_text()))


def test_the_history_and_the_websocket_report_a_failed_node(server):
    """Both have the node's own message."""
    with server.events() as events:
        entry = server.run({"1": node("ProbeFail", seconds=0.1)})
        error = events.wait_for("execution_error")

    assert "the probe failed" == failure(entry)
    assert "RuntimeError" == error.data["exception_type"]


def test_a_cancel_ends_a_prompt(server):
    """An interrupt while one node runs stops the prompt before the next."""
    with server.events() as events:
        prompt_id = server.submit(
            {
                "1": node("ProbeSleep", seconds=1, blocking=True),
                "2": node("ProbeSleep", seconds=1, blocking=True),
            }
        )
        events.wait_for("executing", lambda data: data["node"] is not None)
        server.interrupt()
        entry = server.wait(prompt_id)

    assert "interrupted" == failure(entry)


def test_the_error_of_a_refused_prompt_has_the_reason(server):
    """A prompt that does not validate raises with the server's reason and node."""
    with pytest.raises(PromptRefused, match=r"Node 1 \(ProbeSave\).*folder"):
        server.submit({"1": node("ProbeSave")})


def test_a_killed_server_starts_again_on_the_same_folders(server, monkeypatch):
    """After SIGKILL it serves the same folder, and it never gets a key from the environment."""
    (server.base / "output" / "kept.txt").write_text("kept")
    monkeypatch.setenv("NOVITA_API_KEY", "sk-not-for-tests")

    server.kill()
    server.start()

    assert "simulator" == server.process().environ()["WAN27_HOST"]
    assert "NOVITA_API_KEY" not in server.process().environ()
    assert "ProbeImage" in server.object_info()
    assert "kept" == (server.base / "output" / "kept.txt").read_text()


def test_the_memory_of_a_node_is_measured(server, tmp_path):
    """Loading a tensor of 200 MB shows as growth of about that much."""
    np.save(tmp_path / "in.npy", np.ones((1, 4096, 4096, 3), np.float32))
    started = time.monotonic()

    with PeakMemory(server.process()) as memory:
        entry = server.run(
            {
                "1": node("ProbeImage", path=str(tmp_path / "in.npy")),
                "2": node("PreviewAny", source=["1", 0]),
            }
        )

    assert None is failure(entry)
    assert 190e6 < memory.growth_bytes < 450e6, time.monotonic() - started
