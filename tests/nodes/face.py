"""Talking to the page's routes in the tests: requests sent exactly as given, and what their answers hold."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from urllib.parse import urlsplit

from scripts.client import failure

from .conftest import probe

SECRET = "sk-face-canary-77aa02"


def state(server):
    folder = server.base / "user" / "__wan27"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def ask(server, method, path, body=None, **headers):
    """Status, headers and JSON (or bytes) of one request, sent exactly as given."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if content is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request(method, path, content, sent)
        answer = connection.getresponse()
        read = answer.read()
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    return answer.status, answer.headers, json.loads(read) if is_json else read


def post(server, path, body):
    status, _, answer = ask(server, "POST", path, body)
    return status, answer


def get(server, path):
    status, _, answer = ask(server, "GET", path)
    assert 200 == status, answer
    return answer


def setting(answer, name):
    (row,) = [row for row in answer["settings"] + answer["keys"] if row["name"] == name]
    return row


def run_one(graph, picture, **inputs):
    """Run Image to Video; return what went wrong and its task id."""
    folder = graph.save(
        graph.add("Wan27ImageToVideo", first_frame=graph.image(picture), **inputs), "task_id"
    )
    said = failure(graph.run())
    return said, None if said else probe(folder)["task_id"]


def newest(server):
    return get(server, "/wan27/tasks?count=1")["tasks"][0]


def name_of(task):
    return {"id": task["id"], "created": task["created"]}


def wait_until(done, seconds=20):
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done()
