"""A caller of the API over real HTTP, made-up media and a server for them, and a settable clock."""

from __future__ import annotations

import base64
import io
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.simulator import Script, ScriptedSimulator
from wan27.simulator import Settings, Simulator
from wan27.simulator.render import Order, render

from .video_content import photograph

SUBMIT_PATH = "/v3/async/wan2.7-i2v"
TASK_PATH = "/v3/async/task-result"


def image_bytes(width=320, height=240, kind="png", mode="RGB"):
    """A smooth image, the same in every run."""
    rows, columns = np.mgrid[0:height, 0:width]
    red, green = columns * 255 // width, rows * 255 // height
    blue = (rows + columns) * 255 // (width + height)
    image = Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8)).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **({"compress_level": 1} if kind == "png" else {}))
    return file.getvalue()


def data_url(content, kind="png"):
    """An image as the request carries it inline."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


class Caller:
    """A client that sends anything, with a key, and returns every answer as it is."""

    def __init__(self, simulator, http, keyless):
        self.simulator = simulator
        self.http = http
        self.keyless = keyless

    def body(self, **changes):
        """A legal body with changes; a field that is set to `...` is left out."""
        legal = {"image_url": data_url(image_bytes()), "duration": 2, "resolution": "720P"}
        body = legal | changes
        return {name: value for name, value in body.items() if value is not ...}

    def inject(self, *faults):
        """Let these go wrong next; for a scripted simulator only."""
        self.simulator.script.faults.extend(faults)

    def post(self, body, **options):
        """Submit a body as it is and return the answer."""
        return self.http.post(self.simulator.base_url + SUBMIT_PATH, json=body, **options)

    def submit(self, **changes):
        """Submit a legal body and return the id of its task."""
        answer = self.post(self.body(**changes))
        assert 200 == answer.status_code, answer.text
        return answer.json()["task_id"]

    def get(self, task_id, **options):
        """Look at a task and return the answer."""
        return self.http.get(
            self.simulator.base_url + TASK_PATH, params={"task_id": task_id}, **options
        )

    def result(self, task_id):
        """Return the result object of a task that exists."""
        answer = self.get(task_id)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def video_url(self, task_id):
        """Return a new URL of the video of a task that has succeeded."""
        return self.result(task_id)["videos"][0]["video_url"]

    def download(self, url, **headers):
        """Download without the key."""
        return self.keyless.get(url, headers=headers)


class Clock:
    """Seconds that pass when a test sets them."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def clock():
    """Return a clock that stops until its `now` is set."""
    return Clock()


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """A real video, rendered once: 2 s, 1104 × 816, of the smooth image."""
    folder = tmp_path_factory.mktemp("film")
    image, video = folder / "image.png", folder / "film.mp4"
    image.write_bytes(image_bytes())
    render(Order({"first_frame": image}, "720P", 2, watermark=False), video)
    return video


@pytest.fixture(scope="session")
def http():
    """One client with a key for all tests: making one takes longer than a request."""
    headers = {"Authorization": "Bearer made-up"}
    with httpx.Client(trust_env=False, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def keyless():
    """One client without a key, as downloads must be."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def start(clock, http, keyless):
    """Return a function that starts the shipped simulator with these settings."""
    with ExitStack() as stack:

        def start_one(**settings):
            simulator = Simulator(Settings(**settings), clock=clock)
            return Caller(stack.enter_context(simulator), http, keyless)

        yield start_one


@pytest.fixture
def start_scripted(clock, http, keyless):
    """Return a function that starts a simulator with these fields of a script."""
    with ExitStack() as stack:

        def start_one(**script):
            simulator = ScriptedSimulator(Script(**script), clock=clock)
            return Caller(stack.enter_context(simulator), http, keyless)

        yield start_one


@pytest.fixture
def caller(start, film):
    """A caller of the shipped simulator, whose tasks succeed at once with the ready video."""
    return start(video=str(film), queued_seconds=0, working_seconds=0)


@pytest.fixture
def scripted(start_scripted, film):
    """A caller of a scripted simulator, whose tasks succeed at once with the ready video."""
    return start_scripted(video=str(film), queued_seconds=0, working_seconds=0)


class _Shelf(BaseHTTPRequestHandler):
    def do_GET(self):
        content = self.server.files.get(self.path.split("?")[0])
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        """Stay quiet."""


@pytest.fixture
def shelf():
    """Return a function that puts bytes on a web server and returns their URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shelf)
    server.files = {}
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def put(name, content):
        server.files[f"/{name}"] = content
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield put
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def images():
    """Return the maker of images; it takes width, height, kind and mode and returns bytes."""
    return image_bytes


@pytest.fixture
def inline():
    """Return the maker of data: URLs from bytes and their format."""
    return data_url


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The folder of all these videos."""
    return tmp_path_factory.mktemp("render")


@pytest.fixture(scope="session")
def first(folder):
    """A first frame."""
    return photograph(folder / "first.png", 1)


@pytest.fixture(scope="session")
def last(folder):
    """A last frame."""
    return photograph(folder / "last.png", 2)


@pytest.fixture(scope="session")
def between(folder, first, last):
    """A video from the first frame to the last, 2 s."""
    path = folder / "between.mp4"
    media = {"first_frame": first, "last_frame": last}
    render(Order(media, "720P", 2, watermark=False), path)
    return path
