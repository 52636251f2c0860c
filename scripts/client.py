"""The HTTP side of a ComfyUI server: its routes, prompts and their history."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any


class PromptRefused(Exception):
    """The server did not accept a prompt; `details` is its JSON response."""

    def __init__(self, details: dict[str, Any]) -> None:
        super().__init__(_refusal(details))
        self.details = details


class Client:
    """A client of one server, whose address without a path is `url`. Its calls block."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client_id = uuid.uuid4().hex
        # Without a proxy, whatever the environment says: the server is on loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str, timeout_seconds: float = 30) -> Any:
        """GET a route and return its JSON. Raises `urllib.error.HTTPError` on an error status."""
        return json.loads(self.get_bytes(path, timeout_seconds) or b"null")

    def get_bytes(self, path: str, timeout_seconds: float = 30) -> bytes:
        """GET a route and return its body."""
        request = urllib.request.Request(self.url + path)  # noqa: S310 - always our own address
        return self._send(request, timeout_seconds)

    def post(self, path: str, body: object = None, timeout_seconds: float = 30) -> Any:
        """POST a JSON body and return the JSON of the response, None if that is not JSON."""
        data = json.dumps(body if body is not None else {}).encode()
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, head)  # noqa: S310 - as above
        response = self._send(request, timeout_seconds)
        try:
            return json.loads(response)
        except ValueError:
            return None

    def _send(self, request: urllib.request.Request, timeout_seconds: float) -> bytes:
        with self._opener.open(request, timeout=timeout_seconds) as response:
            body: bytes = response.read()
            return body

    def object_info(self) -> dict[str, Any]:
        """Return the description of every node, by node id."""
        info: dict[str, Any] = self.get("/object_info", timeout_seconds=60)
        return info

    def submit(self, prompt: dict[str, Any], extra_data: dict[str, Any] | None = None) -> str:
        """Queue a prompt in API format and return its id. Raises PromptRefused."""
        body = {"prompt": prompt, "client_id": self.client_id, "extra_data": extra_data or {}}
        try:
            return str(self.post("/prompt", body)["prompt_id"])
        except urllib.error.HTTPError as error:
            raise PromptRefused(json.loads(error.read())) from None

    def wait(self, prompt_id: str, timeout_seconds: float = 120) -> dict[str, Any]:
        """Wait until a prompt has ended, in success or not, and return its history entry."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            # Polled, since the websocket's last message can arrive before the entry exists.
            entry: dict[str, Any] | None = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                return entry
            time.sleep(0.05)
        raise TimeoutError(f"The prompt {prompt_id} did not end within {timeout_seconds:g} s.")

    def run(self, prompt: dict[str, Any], timeout_seconds: float = 120) -> dict[str, Any]:
        """Submit a prompt and return its history entry; `failure` returns what is wrong in it."""
        return self.wait(self.submit(prompt), timeout_seconds)

    def interrupt(self) -> None:
        """Press Cancel."""
        self.post("/interrupt")


def failure(entry: dict[str, Any]) -> str | None:
    """Return a history entry's error: the node's message, "interrupted", or None for success."""
    for kind, data in entry["status"]["messages"]:
        if kind == "execution_error":
            return str(data["exception_message"]).strip()
        if kind == "execution_interrupted":
            return "interrupted"
    return None if entry["status"]["status_str"] == "success" else str(entry["status"])


def _refusal(details: dict[str, Any]) -> str:
    error = details.get("error")
    sentences = [str(error["message"] if isinstance(error, dict) else details)]
    for node_id, node in (details.get("node_errors") or {}).items():
        where = f"Node {node_id} ({node['class_type']})"
        sentences += [f"{where}: {each['message']}: {each['details']}" for each in node["errors"]]
    return "\n".join(sentences)
