"""The HTTP clients: proxies and certificates as the environment has them, no cookies, no redirects, and a guard on downloads."""

from __future__ import annotations

import functools
import ipaddress
import logging
import os
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..errors import DownloadFailed, InvalidSetting
from .addresses import is_inside, is_inside_name
from .hosts import Host
from .retry import DOWNLOAD, Retry


class Connections:
    """How one host is reached.

    This machine itself is reached directly, whatever the environment says of proxies.

    Cookies are neither kept nor sent: one that the API sets would reach the addresses of its
    videos.
    """

    def __init__(self, host: Host) -> None:
        """Raises `InvalidSetting` where the environment's certificates cannot be read."""
        trust_env = not host.is_local
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        self._host = host
        self._options: dict[str, Any] = {
            "trust_env": trust_env,
            "follow_redirects": False,
            "cookies": jar,
        }
        try:
            self._options["verify"] = _certificates(
                trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
            )
        except OSError as error:
            raise InvalidSetting(
                f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used ({error}). Unset it, or let it name"
                " a file, or a folder, of certificates."
            ) from error

    def open(self, policy: Retry, **options: Any) -> httpx.AsyncClient:
        """Return a new client for calls of that policy.

        Raises `InvalidSetting` where the environment's proxy cannot be used.
        """
        try:
            return httpx.AsyncClient(**self._options, timeout=policy.timeout, **options)
        except (ValueError, ImportError, httpx.InvalidURL):
            pass  # what the library says would show the proxy's password
        raise InvalidSetting(
            "A proxy in the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be used. Give"
            " it as http://host:port; one that begins with socks5:// needs the package httpx[socks]"
            " in ComfyUI's Python. NO_PROXY names the hosts to be reached without it."
        )

    def open_keyless(self) -> httpx.AsyncClient:
        """Return a new client for addresses that others chose: it goes inside only where the API itself is."""
        name = urlsplit(self._host.base_url).hostname or ""
        guard = _Guard(name)
        return self.open(
            DOWNLOAD, event_hooks={} if is_inside_name(name) else {"request": [guard.check]}
        )


@functools.lru_cache(maxsize=4)
def _certificates(trust_env: bool, file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 - what the answer depends on
    """What connections trust. Reading it takes 20 ms, and a graph may have hundreds of nodes."""
    return httpx.create_ssl_context(trust_env=trust_env)


class _Guard:
    """Refuses requests to addresses inside, but for the API's own name, which the user chose.

    Names are looked up once, by the connection itself, and the address that it got is what counts,
    so that a name cannot change in between. Through a proxy the proxy looks them up: then only what
    the address itself says can be checked.
    """

    def __init__(self, trusted: str) -> None:
        self._trusted = trusted

    async def check(self, request: httpx.Request) -> None:
        """Hook of a client: called with every request, those of redirects as well.

        Raises `DownloadFailed`.
        """
        name = request.url.host
        if name == self._trusted:
            return
        if is_inside_name(name):
            raise _refusal(name)
        connecting_to = ""

        async def trace(event: str, info: dict[str, Any]) -> None:
            nonlocal connecting_to
            if event == "connection.connect_tcp.started":
                connecting_to = info["host"]
            elif (
                event == "connection.connect_tcp.complete"
                and connecting_to == request.url.raw_host.decode()
            ):
                await _check_peer(info["return_value"])

        request.extensions = {**request.extensions, "trace": trace}


async def _check_peer(stream: Any) -> None:
    """Close the connection before a byte is sent where its other end lies inside.

    `stream` is httpcore's network stream.
    """
    peer = str(stream.get_extra_info("server_addr")[0])
    if is_inside(ipaddress.ip_address(peer)):
        await stream.aclose()
        raise _refusal(peer)


def _refusal(where: str) -> DownloadFailed:
    return DownloadFailed(
        f"The video's address points into this machine's own network ({where}), where no host"
        " outside has videos, so nothing was fetched. If you run the host there yourself, let"
        " WAN27_BASE_URL name it by its IP address."
    )


# Loggers of httpcore that write what was received; their lines appear at DEBUG alone.
_RECEIVING = ("httpcore.http11", "httpcore.http2", "httpcore.proxy")


def keep_secrets_out() -> None:
    """Let httpx's lines lose the query of every address and the reason phrase, httpcore's the headers of every answer."""
    logging.getLogger("httpx").addFilter(_without_query)
    for name in _RECEIVING:
        logging.getLogger(name).addFilter(_without_headers)


def _without_query(record: logging.LogRecord) -> bool:
    """Shorten "HTTP Request: GET https://… 200 OK": the query of a signed address is a key to the file, the last word is the host's own."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            each.copy_with(query=None) if isinstance(each, httpx.URL) else each
            for each in record.args
        )
        if len(record.args) == 5:
            record.args = (*record.args[:4], "")
    return True


def _without_headers(record: logging.LogRecord) -> bool:
    """Shorten "receive_response_headers.complete return_value=…": a host may quote the key there, and redirects are signed addresses."""
    event, _, _ = str(record.msg).partition(" ")
    if event.startswith("receive_response_headers.") or event.endswith(".failed"):
        record.msg = event
    return True
