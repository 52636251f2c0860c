"""The public address of this ComfyUI, and the check that a file is reachable there.

A definite wrong response (a login page, a 404, another size) is refused before anything is
submitted. No response is not: some networks cannot reach their own public address, while the host
can.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ..errors import InvalidSetting, UploadFailed
from .own_certificate import trust_only
from .serving_folder import PATH
from .tunnels import find_tunnel

# Characters that need no escaping, which a host could do in another way.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/\[\]!$&'()*+,;=%]+")
_SIZE = re.compile(r"bytes 0-0/(\d+)")
_FIRST_BYTE = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
# Some tunnels show a warning to what looks like a browser, as the host's downloader may.
_AS_BROWSER = {
    **_FIRST_BYTE,
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
}
_TIMEOUT = httpx.Timeout(10, connect=5)
_PAGE_BYTES = 64 * 1024  # enough of a page to know it

_LOGIN = (
    f"allow {PATH} without a login (no one can guess the names there), or set WAN27_UPLOAD to a"
    " bucket"
)
COMFYUI = "this ComfyUI"  # what the address must lead to, or another target in its place
_LEADS = f"check that the address, its port and its path lead to {COMFYUI}"
_OWN_CERTIFICATE = (
    "The certificate of this ComfyUI is of its own making, which the host may not accept. If it"
    " cannot read the media, use a tunnel, a trusted certificate or a bucket."
)
_DOWN = f"check that the tunnel or proxy runs and leads to {COMFYUI}"

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


async def check_reachable(
    role: str, url: str, size: int, certificate: Path | None = None, target: str = COMFYUI
) -> str | None:
    """Request the first byte of a file of `size` bytes, as the host would, without a proxy.

    `certificate` is the file that this ComfyUI was started with, None for none: it is accepted
    besides those of known authorities. `target` is what the address must lead to. Return a
    notice, "" for none, and None where nothing responded. Raises `UploadFailed` where the response
    is certainly not the file.
    """
    notice = None
    # In a thread: it reads every certificate of the system.
    context = await asyncio.to_thread(httpx.create_ssl_context)
    try:
        try:
            problem, notice = await _ask(url, size, context)
        except httpx.TransportError as error:
            own = trust_only(certificate) if certificate and _is_untrusted(error) else None
            if own is None:
                raise
            problem, notice = await _ask(url, size, own)
            notice = notice or _OWN_CERTIFICATE
    except httpx.TransportError as error:
        problem = _connection_problem(role, url, error, target)
    if problem:
        raise UploadFailed(
            f"{role} is not reachable at {urlsplit(url).hostname}, the public address in"
            f" the setting WAN27_UPLOAD: {problem.replace(COMFYUI, target)}. Nothing was sent."
        )
    return notice


async def _ask(url: str, size: int, context: ssl.SSLContext) -> tuple[str, str]:
    """Return what is wrong with the response, and a notice about what a browser would get."""
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=_TIMEOUT) as http:
        async with http.stream("GET", url, headers=_FIRST_BYTE) as response:
            problem = _problem(response, await _beginning(response), size)
        if problem:
            return problem, ""
        try:
            async with http.stream("GET", url, headers=_AS_BROWSER) as response:
                page = await _beginning(response)
                is_file = not _problem(response, page, size)
        except httpx.TransportError:
            return "", ""
    tunnel = None if is_file else find_tunnel(response.url.host, response.headers, page)
    if tunnel is None or not tunnel.for_browsers:
        return "", ""
    return "", f"{tunnel.shows}, and the host may be taken for one. If it is, {tunnel.way_out}."


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= _PAGE_BYTES:
            break
    return body[:_PAGE_BYTES]


def _problem(response: httpx.Response, body: bytes, size: int) -> str:
    """Return what is wrong with a response and what to do, "" if nothing is.

    `body` is its beginning: a page begins with "<", which no image, clip or sound does.
    """
    status = response.status_code
    is_page = body.lstrip()[:1] == b"<" or _is_html(response)
    if is_page or status not in {200, 206}:
        tunnel = find_tunnel(response.url.host, response.headers, body)
        if tunnel is not None:
            return f"{tunnel.shows}, so {tunnel.way_out}"
    if status not in {200, 206}:
        return _status_problem(response)
    if is_page:
        return f"it returned a web page, perhaps a login or a warning, so {_LOGIN}"
    found = _SIZE.fullmatch(response.headers.get("content-range", ""))
    received = found[1] if found else response.headers.get("content-length", "")
    if received in {"", str(size)}:
        return ""
    return f"it returned {received} bytes instead of {size}, so {_LEADS}"


def _status_problem(response: httpx.Response) -> str:
    status = response.status_code
    if response.has_redirect_location:
        return _redirect_problem(response)
    if status in {401, 403, 407, 511}:
        return f"it requires a login or forbids access ({status}), so {_LOGIN}"
    return (
        f"it answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
        + f", so {_DOWN if status >= 500 else _LEADS}"
    )


def _is_html(response: httpx.Response) -> bool:
    content_type: str = response.headers.get("content-type", "").lower()
    return content_type.startswith(("text/html", "application/xhtml"))


def _redirect_problem(response: httpx.Response) -> str:
    there, here = response.url.join(response.headers["location"]), response.url
    if (there.host, there.path) == (here.host, here.path):
        return f"it redirects to {there.scheme}://{there.host}, so give the address in that form"
    return f"it redirects to another page at {there.host}, perhaps a login, so {_LOGIN}"


def _is_untrusted(error: httpx.TransportError) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _connection_problem(role: str, url: str, error: httpx.TransportError, target: str) -> str:
    """Return the problem of a certificate that the host would not trust either.

    Any other connection error is logged, and no problem.
    """
    if _is_untrusted(error):
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
        _DOWN.replace(COMFYUI, target),
    )
    return ""


def _malformed(problem: str) -> InvalidSetting:
    return InvalidSetting(
        f"The setting WAN27_UPLOAD {problem}; it must look like https://public-address or"
        " https://public-address/path."
    )
