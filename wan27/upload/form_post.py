"""One file as a form to an object store (OSS's PostObject): the fields first, the file last.

https://help.aliyun.com/zh/oss/developer-reference/postobject
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ..api.connections import decompress, in_pieces
from ..api.retry import within
from ..errors import DownloadFailed, HostFailed, HostUnreachable, UnexpectedResponse

_CHUNK_BYTES = 1024 * 1024
_ERROR_BYTES = 64 * 1024
_SLOWEST_BYTES_PER_SECOND = 32 * 1024
_PATIENCE_SECONDS = 120.0  # added to the time of the bytes
_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
_PASSING = (408, 429)  # and 5xx: the store may take it later


class ExpiredError(Exception):
    """The policy had expired when the store saw it."""


async def post_form(
    http: httpx.AsyncClient,
    url: str,
    fields: Mapping[str, str],
    file: tuple[str, str],
    content: bytes | Path,
    size: int,
) -> str:
    """Send a file of `size` bytes; return "" or why the store refused it, to follow a colon.

    `file` is its name and content type. Raises `ExpiredError`, and `HostUnreachable` or
    `HostFailed` where it may work later.
    """
    boundary = f"wan27-{secrets.token_hex(16)}"
    head, tail = _head(boundary, fields, file), f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + size + len(tail)),
    }
    body = _body(head, content, tail)
    name = urlsplit(url).hostname
    try:
        request = http.build_request("POST", url, headers=headers, content=body)
        limit = _PATIENCE_SECONDS + size / _SLOWEST_BYTES_PER_SECOND
        status, answer = await within(limit, _exchange(http, request))
    except DownloadFailed:
        return f"the host named an internal address as its store ({name})"
    except OSError as error:
        return f"its file cannot be read ({error.strerror})"
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise HostUnreachable(
            f"the store {name} did not respond ({type(error).__name__})"
        ) from None
    return _problem(status, answer, str(name))


async def _exchange(http: httpx.AsyncClient, request: httpx.Request) -> tuple[int, bytes]:
    """Return the status and the begin of the body, which matters only for an error."""
    response = await http.send(request, stream=True)
    try:
        answer = bytearray()
        if not response.is_success:
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > _ERROR_BYTES:
                    break
        encoding = response.headers.get("content-encoding", "")
        with contextlib.suppress(UnexpectedResponse):  # too large: its code is lost
            answer[:] = decompress(bytes(answer), encoding)
        return response.status_code, bytes(answer)
    finally:
        await response.aclose()


def _problem(status: int, answer: bytes, name: str) -> str:
    if 200 <= status < 300:
        return ""
    found = _CODE.search(answer)
    code = found[1].decode() if found else ""
    detail = f"{code}, HTTP {status}" if code else f"HTTP {status}"
    if status in _PASSING or status >= 500:
        raise HostFailed(f"the store {name} failed ({detail})", status=status, reason=code)
    if code == "AccessDenied" and b"expired" in answer:
        raise ExpiredError
    if code == "EntityTooLarge" or status == 413:
        return f"it is larger than the store takes ({detail})"
    # The store repeats the request in its messages, so they are not quoted.
    return f"the store {name} refused it ({detail})"


def _head(boundary: str, fields: Mapping[str, str], file: tuple[str, str]) -> bytes:
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{start}{field}"\r\n\r\n{value}\r\n' for field, value in fields.items()]
    name, content_type = file
    parts.append(f'{start}file"; filename="{name}"\r\nContent-Type: {content_type}\r\n\r\n')
    return "".join(parts).encode()


async def _body(head: bytes, content: bytes | Path, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    if isinstance(content, bytes):
        async for piece in in_pieces(content):
            yield piece
    else:
        with content.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk
    yield tail
