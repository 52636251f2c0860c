"""The time from Cancel to the end of the prompt, in a real ComfyUI, in each phase of a node.

Submitting is left out: there a cancel waits for the host's response by design, or a paid task could
be lost (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp.web import Request, Response, StreamResponse

from scripts.events import Events
from scripts.server import ComfyServer
from wan27.simulator import Settings, Simulator
from wan27.simulator.exchange import Route, begin, receive, write

from .bench import Bench
from .figure import Figure
from .graph import (
    comfyui,
    from_clip,
    from_frames,
    from_image,
    from_large_image,
    from_list,
    seconds_of,
    seconds_to_cancel,
)
from .sample import enlarged, sample_video

_INTO_SECONDS = 0.2  # cancelled so long after a phase has begun
_LATER_SECONDS = 0.25  # and so much later each time, where a phase has several parts
_STALLED_AFTER_BYTES = 100_000
_SLOW_BYTES = 10_000  # a second, of a slow line
_LARGE_BYTES = 99_000_000
_SLOWEST_OF = 10
_MADE_SECONDS = 120  # until the images are there, which the nodes before ours make once


def cancel(bench: Bench) -> list[Figure]:
    """Return a figure for each phase."""
    size = (3, 1280, 720) if bench.is_quick else (bench.seconds, *bench.size)
    video = sample_video(bench.folder, *size)
    return [*_inline(bench, video), *_with_bucket(bench, video)]


def _inline(bench: Bench, video: Path) -> list[Figure]:
    side = 1024 if bench.is_quick else 8000
    with (
        _Host(_settings(video)) as simulator,
        comfyui(bench, "cancel", simulator.base_url) as server,
    ):
        seconds_of(server, from_image(decode_frames=False))
        row = partial(_row, bench, server)
        figures = [
            row("downloading", from_image, _shows("downloading"), simulator.stalling),
            row("decoding", from_image, _shows("decoding")),
            row("encoding a large PNG", partial(from_large_image, side), _began("0")),
            row("told to wait by the host (429)", from_image, _shows("submitting"), simulator.busy),
        ]
        simulator.settings.queued_seconds = 60
        figures += [
            row("waiting", from_image, _shows("queued")),
            row("six nodes wait", partial(from_image, 6), _shows("queued")),
            row("a list of 24 is submitted", partial(from_list, 24), _shows("queued")),
        ]
        journal = server.base / "user" / "__wan27" / "journal.sqlite3"
        with closing(sqlite3.connect(journal)) as other:
            other.execute("BEGIN EXCLUSIVE")
            figures.append(row("another program locks the journal", from_image, _began("0")))
        return figures


def _with_bucket(bench: Bench, video: Path) -> list[Figure]:
    """Cancel with a bucket that takes a few bytes and never answers, so that uploads last."""
    count, width, height = (60, 640, 352) if bench.is_quick else (120, 1280, 720)
    with _slow_line() as address, Simulator(_settings(video)) as simulator:
        cloud = {
            "WAN27_UPLOAD": "s3://bench/wan27",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
        }
        with comfyui(bench, "bucket", simulator.base_url, cloud) as server:
            seconds_to_cancel(server, from_image(), _shows("preparing")(0))  # imports the packages
            frames = partial(from_frames, count, width, height)
            encoding = _row(bench, server, "encoding a clip", frames, _began("0"))
            clip = enlarged(video, server.base / "input" / "large.mp4", _LARGE_BYTES)
            large = partial(from_clip, clip.name)
            phase = f"{_LARGE_BYTES // 1_000_000} MB are read and uploaded on a slow line"
            uploading = _row(bench, server, phase, large, _began("0"))
    return [encoding, uploading]


def _row(
    bench: Bench,
    server: ComfyServer,
    phase: str,
    prompt: Callable[[], dict[str, Any]],
    until: Callable[[int], Callable[[Events], None]],
    during: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Figure:
    """Return the slowest of ten cancels; `until` waits for the moment of each."""
    repeats = 1 if bench.is_quick else _SLOWEST_OF
    with during():
        cancels = [seconds_to_cancel(server, prompt(), until(each)) for each in range(repeats)]
    slowest, computed = max(cancels)
    typical = median(seconds for seconds, _ in cancels)
    detail = f"the slowest of {repeats}, computing {computed:.2f} s; median {typical:.2f} s"
    return Figure(f"Cancel while {phase}", slowest, "s", at_most=0.25, detail=detail)


def _settings(video: Path) -> Settings:
    return Settings(queued_seconds=0, working_seconds=0, video=str(video))


class _Host(Simulator):
    """A simulator whose downloads can stall, and which can be busy."""

    _stalls_downloads = _is_busy = False

    @contextmanager
    def stalling(self) -> Iterator[None]:
        """Send the first bytes of each video and then nothing."""
        self._stalls_downloads = True
        yield
        self._stalls_downloads = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Refuse each submission for a minute."""
        self._is_busy = True
        yield
        self._is_busy = False

    async def serve(self, request: Request, route: Route) -> StreamResponse:
        """Answer as the simulator does, but for what it was set to."""
        if route.call == "submit" and self._is_busy:
            await request.read()
            return Response(status=429, headers={"Retry-After": "60"})
        if route.call != "download" or not self._stalls_downloads:
            return await super().serve(request, route)
        answer = await route.answer(receive(request, route))
        response = await begin(request, answer)
        await write(response, answer, 0, min(_STALLED_AFTER_BYTES, answer.length))
        transport = request.transport
        while transport is not None and not transport.is_closing():  # noqa: ASYNC110 - no event
            await asyncio.sleep(_INTO_SECONDS)
        return response


@contextmanager
def _slow_line() -> Iterator[str]:
    """Yield the address of a server that reads slowly and never answers."""

    def read(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(_SLOW_BYTES):
                time.sleep(1)

    def accept() -> None:
        with suppress(OSError):  # closed at the end
            while True:
                connection, _ = server.accept()
                threading.Thread(target=read, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _shows(text: str) -> Callable[[int], Callable[[Events], None]]:
    """Return waits for a status text of the node, and a little longer."""

    def until(_: int) -> Callable[[Events], None]:
        def wait(events: Events) -> None:
            events.wait_for("progress_text", lambda data: text in data["text"])
            time.sleep(_INTO_SECONDS)

        return wait

    return until


def _began(node: str) -> Callable[[int], Callable[[Events], None]]:
    """Return waits until a node runs, and longer each time: what it does shows no text."""

    def until(number: int) -> Callable[[Events], None]:
        def wait(events: Events) -> None:
            events.wait_for("executing", lambda data: data["node"] == node, _MADE_SECONDS)
            time.sleep(_INTO_SECONDS + number * _LATER_SECONDS)

        return wait

    return until
