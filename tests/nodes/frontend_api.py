"""Requests to the page's routes, sent exactly as given."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from urllib.parse import urlsplit

from scripts.client import failure

from .conftest import saved

SECRET = "sk-face-canary-77aa02"


def state_folder(server):
    """Return the folder of settings, keys and journal, created if missing."""
    folder = server.base / "user" / "__wan27"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def send(server, method, path, body=None, **headers):
    """Send one request exactly as given; return status, headers and JSON (or bytes)."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if content is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request(method, path, content, sent)
        response = connection.getresponse()
        received = response.read()
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    return response.status, response.headers, json.loads(received) if is_json else received


def post(server, path, body):
    status, _, answer = send(server, "POST", path, body)
    return status, answer


def get(server, path):
    status, _, answer = send(server, "GET", path)
    assert 200 == status, answer
    return answer


def setting(answer, name):
    """Return the row of a setting or a key."""
    (row,) = [row for row in answer["settings"] + answer["keys"] if row["name"] == name]
    return row


def run_one(graph, image, **inputs):
    """Run Image to Video; return its error and its task id, None for none."""
    folder = graph.image_to_video(image, **inputs)
    error = failure(graph.run())
    return error, None if error else saved(folder)["task_id"]


def newest(server):
    return get(server, "/wan27/tasks?count=1")["tasks"][0]


def ref(task):
    """Return what names a task in a request."""
    return {"id": task["id"], "created": task["created"]}


def wait_until(is_done, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_done()
