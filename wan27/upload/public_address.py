"""The public address of this ComfyUI, and whether a file can be had through it.

A definite wrong answer (a login page, a 404, another size) is refused before anything is submitted.
Silence is not: some networks cannot reach their own public address, while the host can.
"""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlsplit

import httpx

from ..errors import InvalidSetting, UploadFailed
from .serving import PATH

_ADDRESS = re.compile(
    r"[A-Za-z0-9\-._~:/\[\]!$&'()*+,;=%]+"
)  # what needs no escaping that a fetcher could do in another way
_SIZE = re.compile(r"bytes 0-0/(\d+)")
_FIRST_BYTE = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
_TIMEOUT = httpx.Timeout(10, connect=5)
# What runs on this machine is not asked for through a proxy.
_DIRECT: dict[str, httpx.AsyncBaseTransport | None] = {
    f"all://{name}": None for name in ("127.0.0.1", "localhost", "[::1]")
}

_LOGIN = (
    f"let {PATH} pass without one (the names there cannot be guessed), or set WAN27_UPLOAD to a"
    " bucket"
)
_LEADS = "check that the address, its port and its path lead to this ComfyUI"
_DOWN = "check that the tunnel or proxy runs and leads to this ComfyUI"

logger = logging.getLogger(__name__)


def _unnamed(record: logging.LogRecord) -> bool:
    """Keep our addresses out of httpx's log lines: ComfyUI's log goes into error reports, and who knows such an address can read the file."""
    return not any(isinstance(each, httpx.URL) and PATH in each.path for each in record.args or ())


logging.getLogger("httpx").addFilter(_unnamed)


def parse_address(value: str) -> str:
    """Return the public address without a slash at its end.

    Raises `InvalidSetting`, which never quotes it: people put keys into URLs.
    """
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host = httpx.URL(address).host if parts.port != 0 else ""
    except (ValueError, httpx.InvalidURL):
        raise _malformed("cannot be read") from None
    if "@" in parts.netloc or "?" in value or "#" in value:
        raise _malformed(
            "holds more than an address (a name, a password, a query or a fragment), which the API"
            " would be told"
        )
    if parts.scheme not in {"http", "https"} or not host:
        raise _malformed("names no server")
    if not _ADDRESS.fullmatch(address):
        raise _malformed("holds characters that an address cannot have as they are")
    return address


async def check(role: str, url: str, size: int) -> None:
    """Ask for the first byte of the file as the host would.

    Raises `UploadFailed` where what comes is certainly not the file.
    """
    context = await asyncio.to_thread(
        httpx.create_ssl_context
    )  # it reads every certificate there is
    try:
        async with (
            httpx.AsyncClient(verify=context, mounts=_DIRECT, timeout=_TIMEOUT) as http,
            http.stream("GET", url, headers=_FIRST_BYTE) as answer,
        ):
            problem = _problem(answer, size)
    except httpx.TransportError as error:
        problem = _silence(role, url, error)
    if problem:
        raise UploadFailed(
            f"{role} cannot be had from {urlsplit(url).hostname}, the public address in"
            f" WAN27_UPLOAD: {problem}."
        )


def _problem(answer: httpx.Response, size: int) -> str:
    """What is wrong with an answer, and what to do; "" where nothing is."""
    status = answer.status_code
    if answer.has_redirect_location:
        return _redirected(answer)
    if status in {401, 403, 407, 511}:
        return f"it wants a login or forbids the access ({status}), so {_LOGIN}"
    if status not in {200, 206}:
        return (
            f"it answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
            + f", so {_DOWN if status >= 500 else _LEADS}"
        )
    if answer.headers.get("content-type", "").startswith("text/html"):
        return f"a web page came instead, perhaps a login or a warning, so {_LOGIN}"
    found = _SIZE.fullmatch(answer.headers.get("content-range", ""))
    had = found[1] if found else answer.headers.get("content-length", "")
    return "" if had in {"", str(size)} else f"{had} bytes came instead of {size}, so {_LEADS}"


def _redirected(answer: httpx.Response) -> str:
    there, here = answer.url.join(answer.headers["location"]), answer.url
    if (there.host, there.path) == (here.host, here.path):
        return f"it redirects to {there.scheme}://{there.host}, so give the address in that form"
    return f"it redirects to another page at {there.host}, perhaps a login, so {_LOGIN}"


def _silence(role: str, url: str, error: httpx.TransportError) -> str:
    """What to refuse although nothing came: a certificate that the host would not trust either.

    All else is told in the log alone.
    """
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "its certificate is not trusted, so give it one that is (SSL_CERT_FILE names an"
            " authority of your own)"
        )
    logger.warning(
        "Wan 2.7: %s was not to be had through the public address in WAN27_UPLOAD (%s: %s). Some"
        " networks cannot reach their own public address, so the request goes on; if the host"
        " cannot fetch it either, %s.",
        role,
        urlsplit(url).hostname,
        str(error) or type(error).__name__,
        _DOWN,
    )
    return ""


def _malformed(problem: str) -> InvalidSetting:
    return InvalidSetting(
        f"WAN27_UPLOAD {problem}; it must look like https://public-address or"
        " https://public-address/path."
    )
