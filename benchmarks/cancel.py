"""The time from Cancel to the end of the prompt, in a real ComfyUI, in each phase of a node.

Submitting is left out: there a cancel waits for the host's response by design, or a paid task could
be lost (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp.web import Request, StreamResponse

from scripts.events import Events
from scripts.server import ComfyServer
from wan27.simulator import Settings, Simulator
from wan27.simulator.exchange import Route, begin, receive, write

from .bench import Bench
from .figure import Figure
from .graph import comfyui, from_frames, from_image, seconds_of, seconds_to_cancel
from .sample import sample_video

_INTO_SECONDS = 0.2  # cancelled so long after a phase has begun
_STALLED_AFTER_BYTES = 100_000


def cancel(bench: Bench) -> list[Figure]:
    """Return a figure for each phase."""
    size = (3, 1280, 720) if bench.is_quick else (bench.seconds, *bench.size)
    video = sample_video(bench.folder, *size)
    return [*_inline(bench, video), *_with_bucket(bench, video)]


def _inline(bench: Bench, video: Path) -> list[Figure]:
    with (
        _Host(_settings(video)) as simulator,
        comfyui(bench, "cancel", simulator.base_url) as server,
    ):
        seconds_of(server, from_image(decode_frames=False))
        figures = []
        phases = {"waiting": "queued", "downloading": "downloading", "decoding": "decoding"}
        for phase, text in phases.items():
            simulator.settings.queued_seconds = 60 if phase == "waiting" else 0
            simulator.stalls_downloads = phase == "downloading"
            figures.append(_row(phase, bench, server, from_image, _shows(text)))
        return figures


def _with_bucket(bench: Bench, video: Path) -> list[Figure]:
    """Cancel with a bucket that accepts connections and never answers, so that uploads last."""
    count, width, height = (60, 640, 352) if bench.is_quick else (120, 1280, 720)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Simulator(_settings(video)) as simulator,
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
            uploading = _row("uploading", bench, server, from_image, _shows("preparing"))
            frames = partial(from_frames, count, width, height)
            encoding = _row("encoding a clip", bench, server, frames, _began)
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


def _settings(video: Path) -> Settings:
    return Settings(queued_seconds=0, working_seconds=0, video=str(video))


class _Host(Simulator):
    """A simulator whose downloads can stall."""

    stalls_downloads = False

    async def serve(self, request: Request, route: Route) -> StreamResponse:
        """While downloads stall, send the first bytes of a video and then nothing."""
        if route.call != "download" or not self.stalls_downloads:
            return await super().serve(request, route)
        answer = await route.answer(receive(request, route))
        response = await begin(request, answer)
        await write(response, answer, 0, min(_STALLED_AFTER_BYTES, answer.length))
        transport = request.transport
        while transport is not None and not transport.is_closing():  # noqa: ASYNC110 - no event
            await asyncio.sleep(_INTO_SECONDS)
        return response


def _shows(text: str) -> Callable[[Events], None]:
    """Return a wait for a status text of the node, and a little longer."""

    def until(events: Events) -> None:
        events.wait_for("progress_text", lambda data: text in data["text"])
        time.sleep(_INTO_SECONDS)

    return until


def _began(events: Events) -> None:
    """Wait until the generating node runs, and a little longer: encoding shows no text."""
    events.wait_for("executing", lambda data: data["node"] == "0")
    time.sleep(_INTO_SECONDS)
