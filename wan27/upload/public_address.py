"""The public address of this ComfyUI, and the check that a file is reachable there.

A definite wrong response (a login page, a 404, another size) is refused before anything is
submitted. No response is not: some networks cannot reach their own public address, while the host
can.
"""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlsplit

import httpx

from ..errors import InvalidSetting, UploadFailed
from .serving_folder import PATH

# Characters that need no escaping, which a host could do in another way.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/\[\]!$&'()*+,;=%]+")
_SIZE = re.compile(r"bytes 0-0/(\d+)")
_FIRST_BYTE = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
_TIMEOUT = httpx.Timeout(10, connect=5)
# This machine is not reached through a proxy.
_DIRECT: dict[str, httpx.AsyncBaseTransport | None] = {
    f"all://{name}": None for name in ("127.0.0.1", "localhost", "[::1]")
}

_LOGIN = (
    f"allow {PATH} without a login (no one can guess the names there), or set WAN27_UPLOAD to a"
    " bucket"
)
_LEADS = "check that the address, its port and its path lead to this ComfyUI"
_DOWN = "check that the tunnel or proxy runs and leads to this ComfyUI"

logger = logging.getLogger(__name__)


def _without_media(record: logging.LogRecord) -> bool:
    """Drop httpx's lines with our URLs: logs go into error reports, and a URL opens the file."""
    return not any(isinstance(each, httpx.URL) and PATH in each.path for each in record.args or ())


logging.getLogger("httpx").addFilter(_without_media)


def parse_public_address(value: str) -> str:
    """Return the public address without a slash at its end.

    Raises `InvalidSetting`, which never quotes the value: it may contain a key.
    """
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host = httpx.URL(address).host if parts.port != 0 else ""
    except (ValueError, httpx.InvalidURL):
        raise _malformed("cannot be read") from None
    if "@" in parts.netloc or "?" in value or "#" in value:
        raise _malformed(
            "has more than an address (a user name, a password, a query or a fragment), which"
            " would be sent to the API"
        )
    if parts.scheme not in {"http", "https"} or not host:
        raise _malformed("names no server")
    if not _ADDRESS.fullmatch(address):
        raise _malformed("has characters that must be escaped in an address")
    return address


async def check_reachable(role: str, url: str, size: int) -> None:
    """Request the first byte of a file of `size` bytes, as the host would.

    Raises `UploadFailed` where the response is certainly not the file.
    """
    # In a thread: it reads every certificate of the system.
    context = await asyncio.to_thread(httpx.create_ssl_context)
    try:
        async with (
            httpx.AsyncClient(verify=context, mounts=_DIRECT, timeout=_TIMEOUT) as http,
            http.stream("GET", url, headers=_FIRST_BYTE) as response,
        ):
            problem = _problem(response, size)
    except httpx.TransportError as error:
        problem = _connection_problem(role, url, error)
    if problem:
        raise UploadFailed(
            f"{role} is not reachable at {urlsplit(url).hostname}, the public address in"
            f" WAN27_UPLOAD: {problem}. Nothing was sent."
        )


def _problem(response: httpx.Response, size: int) -> str:
    """Return what is wrong with a response and what to do, "" if nothing is."""
    status = response.status_code
    if response.has_redirect_location:
        return _redirect_problem(response)
    if status in {401, 403, 407, 511}:
        return f"it requires a login or forbids access ({status}), so {_LOGIN}"
    if status not in {200, 206}:
        return (
            f"it answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
            + f", so {_DOWN if status >= 500 else _LEADS}"
        )
    if response.headers.get("content-type", "").startswith("text/html"):
        return f"it returned a web page, perhaps a login or a warning, so {_LOGIN}"
    found = _SIZE.fullmatch(response.headers.get("content-range", ""))
    received = found[1] if found else response.headers.get("content-length", "")
    if received in {"", str(size)}:
        return ""
    return f"it returned {received} bytes instead of {size}, so {_LEADS}"


def _redirect_problem(response: httpx.Response) -> str:
    there, here = response.url.join(response.headers["location"]), response.url
    if (there.host, there.path) == (here.host, here.path):
        return f"it redirects to {there.scheme}://{there.host}, so give the address in that form"
    return f"it redirects to another page at {there.host}, perhaps a login, so {_LOGIN}"


def _connection_problem(role: str, url: str, error: httpx.TransportError) -> str:
    """Return the problem of a certificate that the host would not trust either.

    Any other connection error is logged, and no problem.
    """
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "its certificate is not trusted, so use a trusted one (SSL_CERT_FILE names your own"
            " authority)"
        )
    logger.warning(
        "Wan 2.7: %s is not reachable from here at the public address in WAN27_UPLOAD (%s: %s)."
        " Some networks cannot reach their own public address, so the request is sent anyway; if"
        " the host cannot read the file either, %s.",
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
