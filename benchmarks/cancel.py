"""From the press on Cancel to the end of the prompt, in a real ComfyUI, in every phase in which a node can be.

Submitting is left out: a cancel there waits for the host's answer by design, or a paid task could be lost (docs/decisions.md).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from scripts.events import Events
from scripts.server import ComfyServer
from wan27.simulator import Fault, Script, Simulator

from .bench import Bench
from .figure import Figure
from .film import film
from .graph import comfyui, from_frames, from_picture, seconds_of, seconds_to_cancel

_INTO_SECONDS = 0.2  # cancelled so long after a phase has begun


def cancel(bench: Bench) -> list[Figure]:
    """One row for each phase."""
    video = (
        film(bench.folder, 3, 1280, 720)
        if bench.is_quick
        else film(bench.folder, bench.seconds, *bench.size)
    )
    return [*_with_pictures(bench, video), *_with_bucket(bench, video)]


def _with_pictures(bench: Bench, video: Path) -> list[Figure]:
    with (
        Simulator(remember=False) as simulator,
        comfyui(bench, "cancel", simulator.base_url) as server,
    ):
        simulator.replace_script(_script(video))
        seconds_of(server, from_picture(decode_frames=False))
        figures = []
        for phase, text, script in (
            ("waiting", "queued", _script(video, queued_seconds=60)),
            (
                "downloading",
                "downloading",
                _script(
                    video,
                    faults=[Fault(on="download", do="stall", after_bytes=100_000, times=None)],
                ),
            ),
            ("decoding", "decoding", _script(video)),
        ):
            simulator.replace_script(script)
            figures.append(_row(phase, bench, server, from_picture, _said(text)))
        return figures


def _with_bucket(bench: Bench, video: Path) -> list[Figure]:
    """A bucket that takes connections and never answers: what is sent there is on its way for as long as one likes."""
    count, width, height = (60, 640, 352) if bench.is_quick else (120, 1280, 720)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Simulator(_script(video), remember=False) as simulator,
    ):
        cloud = {
            "WAN27_UPLOAD": "s3://bench/wan27",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ALLOW_HTTP": "true",
        }
        with comfyui(bench, "bucket", simulator.base_url, cloud) as server:
            uploading = _row("uploading", bench, server, from_picture, _said("preparing"))
            encoding = _row(
                "encoding a clip", bench, server, lambda: from_frames(count, width, height), _began
            )
    return [encoding, uploading]


def _row(
    phase: str,
    bench: Bench,
    server: ComfyServer,
    prompt: Callable[[], dict[str, Any]],
    until: Callable[[Events], object],
) -> Figure:
    seconds = [seconds_to_cancel(server, prompt(), until) for _ in range(bench.repeats)]
    detail = f"the slowest of {len(seconds)}, median {median(seconds):.2f} s"
    return Figure(f"Cancel while {phase}", max(seconds), "s", at_most=0.25, detail=detail)


def _script(video: Path, **given: Any) -> Script:
    return Script(**{"queued_seconds": 0, "working_seconds": 0, "video": str(video), **given})


def _said(text: str) -> Callable[[Events], None]:
    """Wait until the node says this, and a little longer."""

    def until(events: Events) -> None:
        events.wait_for("progress_text", lambda data: text in data["text"])
        time.sleep(_INTO_SECONDS)

    return until


def _began(events: Events) -> None:
    """Wait until the generating node has begun, and a little longer: it says nothing before it has its media."""
    events.wait_for("executing", lambda data: data["node"] == "0")
    time.sleep(_INTO_SECONDS)
