"""A key that sings: sought in every file below a folder and in every answer of a server, in the clear and in what it may hide as."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.error
import urllib.request
from pathlib import Path

from scripts.environment import ROOT
from scripts.server import ComfyServer

_ROUTE = re.compile(r"""routes\.get\(\s*r?f?["'](/[^"']*)["']""")
_OURS = re.compile(r"""["'](/wan27/[\w/{}-]*)["']""")
# The logs are mounted below a prefix of their own.
_INTERNAL = ("/logs", "/logs/raw", "/folder_paths", "/files/output")
_PLACES = {
    "node_class": "Wan27ImageToVideo",
    "file": "comfy.settings.json",
    "name": "x.png",
    "folder": "checkpoints",
    "directory_type": "output",
}
_QUERIES = {
    "/view": "?filename=x.png",
    "/userdata": "?dir=.&recurse=true",
    "/v2/userdata": "?path=",
}


def forms(key: str) -> dict[str, list[bytes]]:
    """How a key could be written, in small letters: its random part is enough, and nobody else's bytes hold that by chance."""
    secret = key.rpartition("-")[2].lower().encode()
    spelled = {
        "in the clear": [secret],
        "percent-encoded": [b"".join(b"%%%02x" % letter for letter in secret)],
        "in hexadecimal": [binascii.hexlify(secret)],
        "in UTF-16": [secret.decode().encode("utf-16-le")],
        "in base64": _packed(secret),
        "backwards": [secret[::-1]],
    }
    return {name: [each.lower() for each in written] for name, written in spelled.items()}


def in_files(folder: Path, key: str) -> list[str]:
    """Every file below it that has the key, and how. Names count as well."""
    return [
        f"the key is in {path.relative_to(folder)}, {form}"
        for path in sorted(folder.rglob("*"))
        for form in _found(
            str(path.relative_to(folder)).encode()
            + b"\0"
            + (path.read_bytes() if path.is_file() else b""),
            key,
        )
    ]


def in_answers(
    server: ComfyServer, source: Path, key: str, prompt_id: str
) -> tuple[int, list[str]]:
    """Ask for every GET route that ComfyUI's source names, and for ours; how many answered, and which gave the key away."""
    answers = {path: _get(server, path) for path in _paths(source, prompt_id)}
    told = [
        f"the key is in the answer of {path}, {form}"
        for path, answer in answers.items()
        for form in _found(answer, key)
    ]
    return len(answers), told


def _paths(source: Path, prompt_id: str) -> list[str]:
    files = [
        source / "server.py",
        *(path for name in ("app", "api_server") for path in (source / name).rglob("*.py")),
    ]
    routes = {route for file in files for route in _ROUTE.findall(file.read_text("utf-8"))} - {
        "/ws"
    }
    routes = (
        routes - set(_INTERNAL)
        | {f"/internal{route}" for route in _INTERNAL}
        | {f"/api{route}" for route in routes if route != "/"}
    )
    ours = {
        route
        for name in ("host", "wan27/upload")
        for file in (ROOT / name).rglob("*.py")
        for route in _OURS.findall(file.read_text("utf-8"))
    }
    routes |= (
        ours
        | {f"/api{route}" for route in ours}
        | {
            "/wan27/media/x.png",
            "/api/wan27/media/x.png",
            "/user/__wan27/journal.sqlite3",
            "/userdata/..%2F__wan27%2Fjournal.sqlite3",
        }
    )
    filled = dict.fromkeys(("prompt_id", "job_id"), prompt_id) | _PLACES
    return sorted(
        re.sub(r"\{(\w+)[^}]*\}", lambda found: filled.get(found[1], "0"), route)
        + _QUERIES.get(route.removeprefix("/api"), "")
        for route in routes
    )


def _get(server: ComfyServer, path: str) -> bytes:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            server.url + path, timeout=30
        ) as answer:
            return bytes(answer.headers) + bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return bytes(error.headers) + error.read()


def _found(content: bytes, key: str) -> list[str]:
    small = content.lower()
    return [form for form, written in forms(key).items() if any(each in small for each in written)]


def _packed(secret: bytes) -> list[bytes]:
    """The letters that base64 makes of it wherever it begins, less those that its neighbours share."""
    return [base64.b64encode(b"\0" * before + secret)[4 * (before > 0) : -4] for before in range(3)]
