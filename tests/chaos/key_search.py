"""Search for a key in every file below a folder and in every response of a server.

In plain text, and in the encodings that may hide it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import urllib.error
import urllib.request
from pathlib import Path

from scripts.environment import ROOT
from scripts.server import ComfyServer

_ROUTE = re.compile(r"""routes\.get\(\s*r?f?["'](/[^"']*)["']""")
_OURS = re.compile(r"""["'](/wan27/[\w/{}-]*)["']""")
# These are mounted below a prefix.
_INTERNAL = ("/logs", "/logs/raw", "/folder_paths", "/files/output")
_PARAMETERS = {
    "node_class": "Wan27ImageToVideo",
    "file": "comfy.settings.json",
    "name": "x.png",
    "folder": "checkpoints",
    "directory_type": "output",
}
_FILES = {
    "/wan27/media/x.png",
    "/api/wan27/media/x.png",
    "/user/__wan27/journal.sqlite3",
    "/userdata/..%2F__wan27%2Fjournal.sqlite3",
}
_QUERIES = {
    "/view": "?filename=x.png",
    "/userdata": "?dir=.&recurse=true",
    "/v2/userdata": "?path=",
}


def forms(key: str) -> dict[str, list[bytes]]:
    """Return the spellings of a key, in lower case.

    Its random part is enough, because no other bytes contain it by chance.
    """
    secret = key.rpartition("-")[2].lower().encode()
    spelled = {
        "in plain text": [secret],
        "percent-encoded": [b"".join(b"%%%02x" % letter for letter in secret)],
        "in hexadecimal": [binascii.hexlify(secret)],
        "in UTF-16": [secret.decode().encode("utf-16-le")],
        "in base64": _base64_forms(secret),
        "backwards": [secret[::-1]],
    }
    return {form: [each.lower() for each in spellings] for form, spellings in spelled.items()}


def in_files(folder: Path, key: str) -> list[str]:
    """Return every file below the folder whose name or content has the key, and the form."""
    return [
        f"the key is in {path.relative_to(folder)}, {form}"
        for path in sorted(folder.rglob("*"))
        for form in _found(_name_and_content(path, folder), key)
    ]


def _name_and_content(path: Path, folder: Path) -> bytes:
    content = path.read_bytes() if path.is_file() else b""
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    return str(path.relative_to(folder)).encode() + b"\0" + content


def in_responses(
    server: ComfyServer, source: Path, key: str, prompt_id: str
) -> tuple[int, list[str]]:
    """Request every GET route in ComfyUI's source, and ours.

    Returns the number of responses, and a sentence for each that contains the key.
    """
    responses = {path: _get(server, path) for path in _paths(source, prompt_id)}
    leaks = [
        f"the key is in the response of {path}, {form}"
        for path, response in responses.items()
        for form in _found(response, key)
    ]
    return len(responses), leaks


def _paths(source: Path, prompt_id: str) -> list[str]:
    files = [
        source / "server.py",
        *(path for name in ("app", "api_server") for path in (source / name).rglob("*.py")),
    ]
    found = {route for file in files for route in _ROUTE.findall(file.read_text("utf-8"))}
    found.discard("/ws")
    routes = found - set(_INTERNAL) | {f"/internal{route}" for route in _INTERNAL}
    routes |= {f"/api{route}" for route in found if route != "/"}
    ours = {
        route
        for name in ("host", "wan27/upload")
        for file in (ROOT / name).rglob("*.py")
        for route in _OURS.findall(file.read_text("utf-8"))
    }
    routes |= ours | {f"/api{route}" for route in ours} | _FILES
    filled = dict.fromkeys(("prompt_id", "job_id"), prompt_id) | _PARAMETERS
    return sorted(
        re.sub(r"\{(\w+)[^}]*\}", lambda name: filled.get(name[1], "0"), route)
        + _QUERIES.get(route.removeprefix("/api"), "")
        for route in routes
    )


def _get(server: ComfyServer, path: str) -> bytes:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(server.url + path, timeout=30) as response:
            return bytes(response.headers) + bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return bytes(error.headers) + error.read()


def _found(content: bytes, key: str) -> list[str]:
    lower = content.lower()
    spelled = forms(key)
    return [form for form in spelled if any(spelling in lower for spelling in spelled[form])]


def _base64_forms(secret: bytes) -> list[bytes]:
    """Return the base64 of a secret at any offset, without letters shared with its neighbors."""
    return [base64.b64encode(b"\0" * before + secret)[4 * (before > 0) : -4] for before in range(3)]
