"""The nodes in a real ComfyUI, against a host on loopback whose every request can be read."""

from __future__ import annotations

import json
import wave
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from scripts.server import ComfyServer
from tests.simulator import Script, ScriptedSimulator
from tests.wan27.upload.s3_server import S3Server

KEY = "sk-canary-4d1f0c86b2e97a35d8f41b6e"


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """Two seconds at 30 frames a second whose every frame shows its number."""
    from .numbered_video import numbered_video  # noqa: PLC0415 - av, which only these tests need

    return numbered_video(tmp_path_factory.mktemp("numbered") / "video.mp4")


@pytest.fixture(scope="session")
def host(video):
    """A host for the session; each test sets its script."""
    with ScriptedSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(host, video):
    """The host as it should be: tasks done at once, serving the numbered video, everything else forgotten."""
    host.replace_script(Script(queued_seconds=0, working_seconds=0, video=str(video)))
    host.forget()
    return host


@pytest.fixture(scope="session")
def s3():
    """A bucket that checks signatures."""
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def paid_server(start_server, host, s3):
    """A ComfyUI with a key, whose host is the simulator on loopback; it logs all that it can."""
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
    """The same, whose public address is its own on loopback, where the host runs too."""
    with settings(paid_server, WAN27_UPLOAD=paid_server.url):
        yield paid_server


@pytest.fixture
def bucket_server(paid_server):
    """The same, whose media go through the bucket."""
    with settings(paid_server, WAN27_UPLOAD="s3://media/wan27"):
        yield paid_server


@pytest.fixture(scope="session")
def crash_server(start_server, host):
    """A ComfyUI without a cache, for tests that kill it and start it again."""
    env = {"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": host.base_url}
    return start_server(env=env, args=("--cache-none",))


@pytest.fixture(scope="session")
def open_server(start_server):
    """A ComfyUI that accepts pages of every origin, with a key of a host that nothing is sent to."""
    return start_server(env={"NOVITA_API_KEY": KEY}, args=("--enable-cors-header", "*"))


@pytest.fixture(scope="session")
def face(start_server, host):
    """A ComfyUI without a key, whose hosts are the simulator on loopback."""
    return start_server(env={"WAN27_BASE_URL": host.base_url})


@pytest.fixture
def fresh(face):
    """The same, with no setting, no key and no record of any task in its files."""
    for name in ("settings.json", "credentials.json", "journal.sqlite3", "journal.sqlite3-journal"):
        (face.base / "user" / "__wan27" / name).unlink(missing_ok=True)
    return face


@pytest.fixture(scope="session")
def example_files(tmp_path_factory):
    """What the templates and blueprints load: example.png, and voice.wav, three seconds of a tone."""
    from drawing.dusk import dusk  # noqa: PLC0415 - Pillow, which only these tests need

    folder = tmp_path_factory.mktemp("example")
    dusk().save(folder / "example.png")
    with wave.open(str(folder / "voice.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(16000 * 3) / 20) * 8000).astype("<i2").tobytes())
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
        """Add a node that hands out exactly this array, (B, H, W, C)."""
        path = self.folder / f"image{len(self.prompt)}.npy"
        np.save(path, tensor)
        return [self.add("ProbeImage", path=str(path)), 0]

    def save(self, node, *names):
        """Add a probe that writes these outputs of one of our nodes down; return its folder."""
        places = ("frames", "audio", "fps", "video", "last_frame", "task_id")
        folder = self.folder / f"saved{len(self.prompt)}"
        self.add(
            "ProbeSave",
            folder=str(folder),
            **{name: [node, places.index(name)] for name in names or places},
        )
        return folder

    def run(self, timeout_seconds=120):
        """Run, and return the history entry."""
        return self.server.run(self.prompt, timeout_seconds)


@pytest.fixture
def new_graph(request, tmp_path):
    """Empty graphs on the shared server, or on the one that is given."""
    numbers = iter(range(1000))

    def new(server=None):
        folder = tmp_path / f"graph{next(numbers)}"
        folder.mkdir()
        return Graph(server or request.getfixturevalue("paid_server"), folder)

    return new


@pytest.fixture
def wan(request):
    """All inputs of a generating node at their defaults, with a prompt that no other test has.

    With the same prompt the journal would find the video of the other test.
    """

    def inputs(**given):
        defaults = {
            "prompt": f"{request.path.stem} {request.node.name}",
            "negative_prompt": "",
            "resolution": "720P",
            "duration": 2,
            "seed": 0,
            "prompt_extend": True,
            "watermark": False,
            "decode_frames": True,
            "wait": True,
        }
        return defaults | given

    return inputs


@pytest.fixture
def picture():
    """A picture of noise (1, 300, 400, 3), with values beyond 0..1 as upscalers make them."""
    return np.random.default_rng(7).normal(0.5, 0.4, (1, 300, 400, 3)).astype(np.float32)


def probe(folder):
    """What a probe wrote down."""
    return json.loads((folder / "probe.json").read_text())
