"""A session against the simulator: real HTTP on loopback, with the waits as a parameter."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import av
import numpy as np
import pytest

from tests.simulator import Script, ScriptedSimulator
from wan27.api.client import Client
from wan27.api.hosts import HOSTS
from wan27.api.key import choose_account
from wan27.job import Job
from wan27.journal.journal import Journal
from wan27.media.encode.image import encode_image
from wan27.session import Session
from wan27.upload.inline import Inline
from wan27.upload.model_studio import TemporaryUpload, Uploads

from .api.raw_host import RawHost

# The modules whose tests run with both protocols.
BOTH = {"test_generate", "test_purchase", "test_decisions"}


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """A real mp4 of two seconds, for tests that do not look at its frames."""
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(
                np.full((240, 320, 3), number * 4, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def image():
    """A small image that the API accepts."""
    import torch  # noqa: PLC0415 - tests of the paid path that need no image stay free of it

    return encode_image(
        torch.rand(1, 300, 400, 3, generator=torch.Generator().manual_seed(1)),
        "first_frame",
        fit_bytes=10**7,
    )


@pytest.fixture
def simulator(video):
    """A host whose tasks are done at once, with a small video file."""
    with ScriptedSimulator(
        Script(queued_seconds=0, working_seconds=0, video=str(video))
    ) as running:
        yield running


@dataclass
class Run:
    """The part of a session that tests read: its progress, and a tick that can raise."""

    reports: list = field(default_factory=list)
    waits: list = field(default_factory=list)
    cancel: BaseException | None = None

    def tick(self):
        if self.cancel is not None:
            raise self.cancel

    async def pause(self, seconds):
        self.waits.append(seconds)
        await asyncio.sleep(min(seconds, 0.01))


def pytest_generate_tests(metafunc):
    """Run each test of the modules in `BOTH` that has a session with both protocols."""
    is_of_both = metafunc.module.__name__.split(".")[-1] in BOTH
    is_v3 = metafunc.definition.get_closest_marker("v3")
    if "host_name" in metafunc.fixturenames and is_of_both and not is_v3:
        metafunc.parametrize("host_name", ["novita", "alibaba"], indirect=True)


@pytest.fixture
def host_name(request):
    """The host of the sessions, which has its protocol."""
    return getattr(request, "param", "novita")


def account_at(base_url, host_name="novita", key="sk-canary"):
    """Return an account of a host at another address."""
    host = next(host for host in HOSTS if host.name == host_name)
    settings = {"WAN27_HOST": host_name, host.key_variable: key, "WAN27_BASE_URL": base_url}
    return choose_account(settings.get)


@pytest.fixture
async def make_session(simulator, tmp_path, host_name):
    """Sessions of one user: one journal and folder, and a client each, as for a Run in ComfyUI."""
    clients, uploads = [], Uploads()

    def make(run=None, key="sk-canary", **changes):
        run = run or Run()
        account = account_at(simulator.base_url, host_name, key)
        clients.append(Client(account))
        has_store = account.host.has_temporary_upload
        uploader = TemporaryUpload(clients[-1], uploads, run.pause) if has_store else Inline()
        return Session(
            **{
                "account": account,
                "client": clients[-1],
                "journal": Journal(tmp_path / "state" / "journal.sqlite3"),
                "uploader": uploader,
                "folder": tmp_path / "videos",
                "make_scratch": lambda: tmp_path,
                "tick": run.tick,
                "report": run.reports.append,
                "timeout_seconds": 30,
                "pause": run.pause,
                **changes,
            }
        )

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def make_job(image):
    """Jobs that differ only in what the test names."""

    def make(**given):
        return Job(**{"media": {"first_frame": image}, "prompt": "a boat", "duration": 2, **given})

    return make


@pytest.fixture
def raw_host():
    """A host made of plain sockets, which responds with a task id until a test changes it."""
    with RawHost() as host:
        yield host


@pytest.fixture
async def raw_session(make_session, raw_host):
    """Sessions at the raw host."""
    clients = []

    def make(run=None, **changes):
        account = account_at(raw_host.base_url)
        clients.append(Client(account))
        return make_session(run, **{"account": account, "client": clients[-1], **changes})

    yield make
    for client in clients:
        await client.aclose()
