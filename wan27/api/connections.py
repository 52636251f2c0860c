"""HTTP clients with the environment's proxies and certificates, and bounded response bodies."""

from __future__ import annotations

import functools
import json
import logging
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..errors import InvalidSetting, UnexpectedResponse
from .addresses import DownloadGuard, is_internal_name
from .hosts import Host
from .proxies import Proxies, Transport
from .retry import DOWNLOAD, Retry

MAX_RESPONSE_BYTES = 1024 * 1024
# Gateways refuse the names of bare HTTP libraries: Novita's answered Python's with 403.
_USER_AGENT = "Wan27-ComfyUI"
# zlib's own numbers for "read the header" and "there is none".
_ZLIB_OR_GZIP, _RAW_DEFLATE = 47, -15
_GZIP = b"\x1f\x8b"
_BLOCK_CHARACTERS = 1024 * 1024
_PIECE_BYTES = 64 * 1024
MAX_LAYERS = 2  # a gateway behind a gateway


class Connections:
    """HTTP clients for one host. A host on this machine is reached without a proxy.

    They follow no redirects, and keep and send no cookies: a cookie of the API would reach the
    servers of its videos.
    """

    def __init__(self, host: Host) -> None:
        """Raises `InvalidSetting` where the environment's certificates cannot be read."""
        trust_env = not host.is_local
        self._host = host
        self._proxies = Proxies.of_environment() if trust_env else Proxies({}, "")
        self._options: dict[str, Any] = {
            "trust_env": False,
            "follow_redirects": False,
            "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
            "headers": {"User-Agent": _USER_AGENT},
        }
        try:
            self._certificates = _certificates(
                trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
            )
        except OSError as error:
            raise InvalidSetting(
                f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used ({error}). Unset it, or set it to a"
                " file, or a folder, of certificates."
            ) from error

    def open(self, policy: Retry, **options: Any) -> httpx.AsyncClient:
        """Return a new client for calls of that policy.

        Raises `InvalidSetting` where the host's proxy cannot be used.
        """
        self._proxies.choose(httpx.URL(self._host.base_url))
        transport = Transport(self._proxies, verify=self._certificates)
        return httpx.AsyncClient(
            **self._options, transport=transport, timeout=policy.timeout, **options
        )

    def open_for_downloads(self) -> httpx.AsyncClient:
        """Return a new client for URLs that others chose: internal ones only if the API is."""
        name = urlsplit(self._host.base_url).hostname or ""
        hooks = {} if is_internal_name(name) else {"request": [DownloadGuard(name).check]}
        return self.open(DOWNLOAD, event_hooks=hooks)


@functools.lru_cache(maxsize=4)
def _certificates(trust_env: bool, file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 - the cache's key
    """Return the trusted certificates: reading them takes 20 ms, and a workflow has many nodes."""
    return httpx.create_ssl_context(trust_env=trust_env)


def json_body(part: object) -> bytes:
    """Return a request as JSON.

    An image inside is a text of megabytes, so it is written block by block: in one call of `json`
    every other thread would wait for it.
    """
    return "".join(_json_pieces(part)).encode()


def _json_pieces(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for index, (name, value) in enumerate(part.items()):
            yield f"{', ' if index else '{'}{json.dumps(name)}: "
            yield from _json_pieces(value)
        yield "}" if part else "{}"
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield ", " if index else "["
            yield from _json_pieces(value)
        yield "]" if part else "[]"
    elif isinstance(part, str):
        yield '"'
        for at in range(0, len(part), _BLOCK_CHARACTERS):
            yield json.dumps(part[at : at + _BLOCK_CHARACTERS])[1:-1]
        yield '"'
    else:
        yield json.dumps(part)


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """Yield a body piece by piece: the timeout of sending starts again with each.

    As one piece, an image on a slow line would have to leave within one timeout.
    """
    for at in range(0, len(content), _PIECE_BYTES):
        yield content[at : at + _PIECE_BYTES]


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, bytes]:
    """Send a request and return the response with its decompressed body.

    Raises `UnexpectedResponse` where the body exceeds `MAX_RESPONSE_BYTES`.
    """
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        # Raw: the library would decompress each chunk whole, and a few bytes can become gigabytes.
        async for chunk in response.aiter_raw():
            body += chunk
            _check_size(len(body))
        return response, decompress(bytes(body), response.headers.get("content-encoding", ""))
    finally:
        await response.aclose()


def decompress(body: bytes, encoding: str) -> bytes:
    """Return the plain bytes of a body; one that cannot be decompressed as it is.

    No request asks for compression, a gateway may compress all the same, and name any encoding:
    the bytes decide, and `encoding` only for those without a signature. The JSON inside may be the
    id of a paid task. Raises `UnexpectedResponse` for a body that becomes too large.
    """
    for _ in range(MAX_LAYERS):
        if is_packed(body):
            plain = _inflate(body, _ZLIB_OR_GZIP)
        elif "deflate" in encoding.lower() and body.lstrip()[:1] not in {b"{", b"["}:
            plain = _inflate(body, _RAW_DEFLATE)
        else:
            break
        if plain is None:
            break
        body = plain
    return body


def _inflate(body: bytes, window: int) -> bytes | None:
    """Return the decompressed bytes, of several gzip members too; None where there are none."""
    plain = b""
    try:
        while body and (not plain or body[:2] == _GZIP):
            unpacker = zlib.decompressobj(window)
            plain += unpacker.decompress(body, MAX_RESPONSE_BYTES + 1 - len(plain))
            _check_size(len(plain))
            if not plain:
                return None
            body = unpacker.unused_data
    except zlib.error:
        return None
    return plain


def is_packed(body: bytes) -> bool:
    """Return whether a body begins as gzip or zlib (RFC 1950) do; no JSON, text or mp4 does."""
    is_zlib = len(body) > 2 and body[0] == 0x78 and int.from_bytes(body[:2], "big") % 31 == 0
    return is_zlib or body[:2] == _GZIP


def _check_size(number: int) -> None:
    if number > MAX_RESPONSE_BYTES:
        raise UnexpectedResponse(
            "The host's response is larger than 1 MB, which no response of this API is."
        )


# Loggers of httpcore whose DEBUG lines quote what was received.
_RECEIVING = ("httpcore.http11", "httpcore.http2", "httpcore.proxy")


def keep_secrets_out_of_logs() -> None:
    """Remove queries and reason phrases from httpx's log lines, and headers from httpcore's."""
    logging.getLogger("httpx").addFilter(_remove_query)
    for name in _RECEIVING:
        logging.getLogger(name).addFilter(_remove_headers)


def _remove_query(record: logging.LogRecord) -> bool:
    """Shorten "HTTP Request: GET https://… 200 OK".

    The query of a signed URL opens the file, and the reason phrase is the host's own text.
    """
    if isinstance(record.args, tuple):
        record.args = tuple(
            each.copy_with(query=None) if isinstance(each, httpx.URL) else each
            for each in record.args
        )
        if len(record.args) == 5:
            record.args = (*record.args[:4], "")
    return True


def _remove_headers(record: logging.LogRecord) -> bool:
    """Shorten "receive_response_headers.complete return_value=…".

    A host may quote the key there, and redirects are signed URLs.
    """
    event, _, _ = str(record.msg).partition(" ")
    if event.startswith("receive_response_headers.") or event.endswith(".failed"):
        record.msg = event
    return True
