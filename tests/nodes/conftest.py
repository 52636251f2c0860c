"""The nodes in a real ComfyUI, against a host on loopback that records every request."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from scripts.server import ComfyServer
from tests.simulator import Script, ScriptedSimulator
from tests.wan27.upload.s3_server import S3Server

KEY = "sk-canary-4d1f0c86b2e97a35d8f41b6e"
OUTPUTS = ("frames", "audio", "fps", "video", "last_frame", "task_id")


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """Return a video of two seconds at 30 fps; every frame shows its number."""
    from .numbered_video import numbered_video  # noqa: PLC0415 - av, which only these tests need

    return numbered_video(tmp_path_factory.mktemp("numbered") / "video.mp4")


@pytest.fixture(scope="session")
def host(video):
    """Run a host for the session; each test sets its script."""
    with ScriptedSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(host, video):
    """Return the host without records; its tasks are done at once and give the numbered video."""
    host.replace_script(Script(queued_seconds=0, working_seconds=0, video=str(video)))
    host.forget()
    return host


@pytest.fixture(scope="session")
def s3():
    """Run a bucket that checks signatures."""
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def paid_server(start_server, host, s3):
    """Return a ComfyUI with a key and the host on loopback; it logs everything."""
    env = {"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": host.base_url} | s3.environment
    return start_server(env=env, args=("--verbose", "DEBUG"))


@contextmanager
def settings(server, **values):
    """Write settings for the next Runs of a server, and remove them at the end."""
    file = server.base / "user" / "__wan27" / "settings.json"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps(values))
    yield
    file.unlink()


@pytest.fixture
def serving_server(paid_server):
    """Return the same with its own address as the public one: the host runs on this machine."""
    with settings(paid_server, WAN27_UPLOAD=paid_server.url):
        yield paid_server


@pytest.fixture
def bucket_server(paid_server):
    """Return the same with uploads to the bucket."""
    with settings(paid_server, WAN27_UPLOAD="s3://media/wan27"):
        yield paid_server


@pytest.fixture(scope="session")
def crash_server(start_server, host):
    """Return a ComfyUI without a cache, for tests that kill it and start it again."""
    env = {"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": host.base_url}
    return start_server(env=env, args=("--cache-none",))


@pytest.fixture(scope="session")
def keyless_server(start_server, host):
    """Return a ComfyUI without a key that accepts every origin, with the host on loopback."""
    env, args = {"WAN27_BASE_URL": host.base_url}, ("--enable-cors-header", "*")
    return start_server(env=env, args=args)


@pytest.fixture
def fresh_server(keyless_server):
    """Return the same without settings, keys and tasks in its files."""
    for name in ("settings.json", "credentials.json", "journal.sqlite3", "journal.sqlite3-journal"):
        (keyless_server.base / "user" / "__wan27" / name).unlink(missing_ok=True)
    return keyless_server


@pytest.fixture(scope="session")
def example_files(tmp_path_factory):
    """Return a folder with the example.png that templates and blueprints load."""
    from drawing.dusk import dusk  # noqa: PLC0415 - Pillow, which only these tests need

    folder = tmp_path_factory.mktemp("example")
    dusk().save(folder / "example.png")
    return folder


@dataclass
class Graph:
    """A prompt in API format that is built node by node and run on one server."""

    server: ComfyServer
    folder: Path
    prompt: dict = field(default_factory=dict)

    def add(self, class_type, **inputs):
        """Add a node and return its id."""
        node_id = str(len(self.prompt) + 1)
        self.prompt[node_id] = {"class_type": class_type, "inputs": inputs}
        return node_id

    def image(self, tensor):
        """Add a node that outputs exactly this array, (B, H, W, C); return its output."""
        path = self.folder / f"image{len(self.prompt)}.npy"
        np.save(path, tensor)
        return [self.add("ProbeImage", path=str(path)), 0]

    def audio(self, samples, sample_rate):
        """Add a node that outputs exactly these samples, (B, C, T); return its output."""
        path = self.folder / f"audio{len(self.prompt)}.npy"
        np.save(path, samples)
        return [self.add("ProbeAudio", path=str(path), sample_rate=sample_rate), 0]

    def video(self, path):
        """Add a node that outputs this file; return its output."""
        return [self.add("ProbeVideo", path=str(path)), 0]

    def save(self, node, *names):
        """Add a probe that writes these outputs of one of our nodes; return its folder."""
        folder = self.folder / f"saved{len(self.prompt)}"
        links = {name: [node, OUTPUTS.index(name)] for name in names or OUTPUTS}
        self.add("ProbeSave", folder=str(folder), **links)
        return folder

    def image_to_video(self, image, **inputs):
        """Add Image to Video and a probe of its task id; return the probe's folder."""
        node = self.add("Wan27ImageToVideo", first_frame=self.image(image), **inputs)
        return self.save(node, "task_id")

    def continuation(self, **inputs):
        """Add Video Continuation and a probe of its task id; return the probe's folder."""
        return self.save(self.add("Wan27Continuation", **inputs), "task_id")

    def run(self, timeout_seconds=120):
        """Run, and return the history entry."""
        return self.server.run(self.prompt, timeout_seconds)


@pytest.fixture
def new_graph(request, tmp_path):
    """Return a function that returns an empty graph, on the shared server unless one is given."""
    numbers = iter(range(1000))

    def new(server=None):
        folder = tmp_path / f"graph{next(numbers)}"
        folder.mkdir()
        return Graph(server or request.getfixturevalue("paid_server"), folder)

    return new


@pytest.fixture
def wan(request):
    """Return a function that returns all widgets of a generating node.

    Each test has its own prompt, or the journal would find the video of another test. Frames are
    decoded where a test looks at them: that takes longer than all else.
    """

    def widgets(**given):
        defaults = {
            "prompt": f"{request.path.stem} {request.node.name}",
            "negative_prompt": "",
            "resolution": "720P",
            "duration": 2,
            "seed": 0,
            "prompt_extend": True,
            "watermark": False,
            "decode_frames": False,
            "wait": True,
        }
        return defaults | given

    return widgets


@pytest.fixture
def image():
    """Return noise, (1, 300, 400, 3), a little outside 0..1 in places, as upscalers produce it."""
    return np.random.default_rng(7).normal(0.5, 0.12, (1, 300, 400, 3)).astype(np.float32)


@pytest.fixture
def sound():
    """Return three seconds of a tone at 16 kHz, (1, 1, 48000)."""
    return np.sin(np.arange(16000 * 3) / 20).astype(np.float32)[None, None] * 0.5


def saved(folder):
    """Return the values that a probe wrote."""
    return json.loads((folder / "probe.json").read_text())
