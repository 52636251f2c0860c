"""HTTP clients with the environment's proxies and certificates, and bounded response bodies."""

from __future__ import annotations

import functools
import logging
import os
import ssl
import zlib
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..errors import InvalidSetting, UnexpectedResponse
from .addresses import DownloadGuard, is_internal_name
from .hosts import Host
from .retry import DOWNLOAD, Retry

MAX_RESPONSE_BYTES = 1024 * 1024
_ZLIB_OR_GZIP = 47  # zlib's own number for "read the header"


class Connections:
    """HTTP clients for one host. A host on this machine is reached without a proxy.

    They follow no redirects, and keep and send no cookies: a cookie of the API would reach the
    servers of its videos.
    """

    def __init__(self, host: Host) -> None:
        """Raises `InvalidSetting` where the environment's certificates cannot be read."""
        trust_env = not host.is_local
        self._host = host
        self._options: dict[str, Any] = {
            "trust_env": trust_env,
            "follow_redirects": False,
            "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
        }
        try:
            self._options["verify"] = _certificates(
                trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
            )
        except OSError as error:
            raise InvalidSetting(
                f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used ({error}). Unset it, or set it to a"
                " file, or a folder, of certificates."
            ) from error

    def open(self, policy: Retry, **options: Any) -> httpx.AsyncClient:
        """Return a new client for calls of that policy.

        Raises `InvalidSetting` where the environment's proxy cannot be used.
        """
        try:
            return httpx.AsyncClient(**self._options, timeout=policy.timeout, **options)
        except (ValueError, ImportError, httpx.InvalidURL):
            pass  # the library's own message would show the proxy's password
        raise InvalidSetting(
            "A proxy in the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be used. Set it"
            " to http://host:port (socks5:// needs the package httpx[socks] in ComfyUI's Python),"
            " or list the hosts to reach without it in NO_PROXY."
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


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, bytes]:
    """Send a request and return the response with its decompressed body.

    Raises `UnexpectedResponse` where the body exceeds `MAX_RESPONSE_BYTES` or cannot be
    decompressed.
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
    """Return the plain bytes of a body: a gateway may compress it although no request asks for it.

    Raises `UnexpectedResponse`.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise UnexpectedResponse("The host's response has an unsupported content encoding.")
    try:
        plain = zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, MAX_RESPONSE_BYTES + 1)
    except zlib.error:
        raise UnexpectedResponse("The host's response cannot be decompressed.") from None
    _check_size(len(plain))
    return plain


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
