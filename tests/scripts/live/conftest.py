"""`make live` in this process, against a host of a script; and its report as a table."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from fractions import Fraction

import pytest

av = pytest.importorskip("av", reason="comes with ComfyUI")
np = pytest.importorskip("numpy", reason="comes with ComfyUI")
live = pytest.importorskip("scripts.live.run", reason="needs what comes with ComfyUI")

from scripts.live.workplace import picture  # noqa: E402
from tests.simulator import Script, ScriptedSimulator  # noqa: E402
from wan27.simulator.render import Order, render  # noqa: E402

KEY = "sk-canary-of-make-live-7431"


class Clock:
    """The clock of the simulated host: it goes by what the command waits."""

    now = 0.0

    async def pause(self, seconds):
        """Wait that long there, and next to nothing here."""
        self.now += seconds
        await asyncio.sleep(0.001)


class Live:
    """One person with one folder."""

    def __init__(self, folder, host, clock):
        self.folder, self.host, self.clock = folder, host, clock
        self.questions = []

    def __call__(self, *arguments, answer="", pause=None):
        """Run the command and return its exit code."""

        def ask(question):
            self.questions.append(question)
            return answer

        given = ["--host", self.host, "--folder", str(self.folder), *arguments]
        return live.main(given, pause or self.clock.pause, ask)

    @property
    def data(self):
        """The JSON of the report."""
        return json.loads((self.folder / f"{self.host}.json").read_text("utf-8"))

    @property
    def text(self):
        """The report for people."""
        return (self.folder / f"{self.host}.md").read_text("utf-8")

    def row(self, start):
        """Return (seen, verdict) of the one row whose assumption begins so."""
        found = [row for row in self.data["rows"] if row["assumption"].startswith(start)]
        assert 1 == len(found), (start, self.text)
        return found[0]["seen"], found[0]["verdict"]

    @property
    def different(self):
        """The assumptions that differ."""
        return [row["assumption"] for row in self.data["rows"] if row["verdict"] == "differs"]


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Return a function that starts a scripted host and gives (simulator, live)."""
    for name in ("WAN27_UPLOAD", "WAN27_PRICE_720P", "WAN27_MAX_COST"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:
        count = iter(range(9))

        def start(script=None, host="novita", **changes):
            if script is None:
                life = {"queued_seconds": 2, "working_seconds": 10, "keys": [KEY]}
                script = Script(**life | changes)
            clock = Clock()
            running = ScriptedSimulator(script, clock=lambda: clock.now)
            simulator = stack.enter_context(running)
            monkeypatch.setenv("WAN27_BASE_URL", simulator.base_url)
            monkeypatch.setenv("NOVITA_API_KEY", KEY)
            monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
            return simulator, Live(tmp_path / f"live-{next(count)}", host, clock)

        yield start


@pytest.fixture(scope="session")
def rendered_video(tmp_path_factory):
    """The simulator's video of the image that is sent, for tests of the file."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "image.png").write_bytes(picture().data)
    order = Order({"first_frame": folder / "image.png"}, "720P", 2, watermark=False)
    render(order, folder / "video.mp4")
    return folder / "video.mp4"


@pytest.fixture(scope="session")
def small_video(tmp_path_factory):
    """A video of two seconds that costs nothing to make, for tests of anything but the file."""
    path = tmp_path_factory.mktemp("live") / "video.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 240, 320, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(np.full((320, 240, 3), number * 4, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return str(path)
