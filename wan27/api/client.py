"""The three calls to the API.

The key leaves this file in one header, to one origin; redirects are never followed with it.

No error is raised inside an `except` here: what a library says of a broken answer may quote it, and
with it the key, and Python would show that as the error's context.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from ..errors import HostUnreachable, SubmissionUncertain, UnexpectedResponse, Wan27Error
from .connections import Connections, keep_secrets_out
from .error_map import parse_refusal
from .key import Account
from .protocols.async_v3 import Task, parse_submission, parse_task
from .retry import READ, SUBMIT, Retry, parse_retry_after, within

T = TypeVar("T")

# Errors that come before any byte of a request has left on a connection that is new.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# The statuses below 500 that leave open whether the task exists: "see the result elsewhere", and "I
# heard only a part of it".
_OPEN = {303, 408}

logger = logging.getLogger(__name__)
keep_secrets_out()


class Client:
    """One account at one host, for one run: ComfyUI gives each prompt an event loop of its own, and a client lives in one loop.

    Proxies and certificates come from the environment as everywhere in httpx (HTTPS_PROXY,
    SSL_CERT_FILE), except for this machine itself.
    """

    def __init__(self, account: Account, submitting: Retry = SUBMIT, reading: Retry = READ) -> None:
        """`submitting` and `reading` say how long each call may take.

        Raises `InvalidSetting` where the environment cannot be used.
        """
        self._account = account
        self._submitting, self._reading = submitting, reading
        self._connections = Connections(account.host)
        self._api = self._connections.open(reading)
        self._keyless = self._connections.open_keyless()

    @property
    def http(self) -> httpx.AsyncClient:
        """The connection pool for downloads: it carries no key and no cookies, and does not go where a video cannot be."""
        return self._keyless

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()
        await self._keyless.aclose()

    def submit(self, body: dict[str, Any]) -> str:
        """Send a submission once and return its task id.

        Blocking on purpose: run in a thread, no cancel can cut it off from its answer.

        A new connection each time, so that a failure to connect proves that nothing was sent.
        Raises `HostUnreachable` then, `HostRefused` where the host said no, and
        `SubmissionUncertain` where the task may exist but its id did not arrive.
        """
        error: Wan27Error
        try:
            # A loop of its own, since nothing else can end a call that drips: time-outs of sockets
            # begin anew with each byte.
            response, answer = asyncio.run(self._post(json.dumps(body).encode()))
        except _NEVER_SENT as lost:
            error = self._unreachable(lost)
        except (httpx.HTTPError, httpx.StreamError, HostUnreachable, UnexpectedResponse) as lost:
            error = SubmissionUncertain(f"the connection broke off: {type(lost).__name__}")
        else:
            return self._submitted(response, answer)
        raise error

    async def task(self, task_id: str) -> Task:
        """Return what the host says of a task now.

        Raises `HostUnreachable`, `HostRefused` or `UnexpectedResponse`.
        """
        request = self._api.build_request(
            "GET",
            self._url("/v3/async/task-result"),
            params={"task_id": task_id},
            headers=self._headers(),
        )
        try:
            response, answer = await within(
                self._reading.call_seconds, _exchange(self._api, request)
            )
        except (httpx.HTTPError, httpx.StreamError, HostUnreachable) as lost:
            error = self._unreachable(lost)
        else:
            self._refuse(response, answer)
            # Words are scrubbed, not the answer: a host may quote the key in any of them, but an
            # address must stay as it was signed.
            task = self._parsed(parse_task, answer)
            return replace(task, reason=self._account.key.scrub(task.reason))
        raise error

    async def _post(self, content: bytes) -> tuple[httpx.Response, bytes]:
        async with self._connections.open(self._submitting) as http:
            request = http.build_request(
                "POST", self._url("/v3/async/wan2.7-i2v"), content=content, headers=self._headers()
            )
            return await within(self._submitting.call_seconds, _exchange(http, request))

    def _submitted(self, response: httpx.Response, answer: bytes) -> str:
        status = response.status_code
        if status < 200 or status >= 500 or status in _OPEN:
            raise SubmissionUncertain(f"HTTP {status}")
        self._refuse(response, answer)
        try:
            task_id = self._parsed(parse_submission, answer)
        except UnexpectedResponse as error:
            raise SubmissionUncertain(str(error)) from None
        # In the log before anything else can fail: whatever happens to the journal, the id of a
        # paid task can be found here.
        logger.info("Wan 2.7: task %s submitted to %s", task_id[:100], self._account.host.title)
        return task_id

    def _refuse(self, response: httpx.Response, answer: bytes) -> None:
        """Raise the error for any status but 2xx."""
        if response.is_success:
            return
        if response.is_redirect:
            raise UnexpectedResponse(
                f"{self._account.host.base_url} redirects to another address; a key is not sent"
                " there. Set WAN27_BASE_URL to the final address, or unset it."
            )
        wait = parse_retry_after(response.headers.get("retry-after"))
        error = parse_refusal(
            self._account.host, response.status_code, self._scrubbed(answer), wait
        )
        # Again, since reading it can bring to light what was hidden: letters that are not printed
        # fall away.
        error.args, error.reason = (
            (self._account.key.scrub(str(error)),),
            self._account.key.scrub(error.reason),
        )
        raise error

    def _parsed(self, parse: Callable[[bytes], T], answer: bytes) -> T:
        """Return what `parse` reads.

        Its error speaks of the answer without the key: a quotation may cut a key in two.
        """
        try:
            return parse(answer)
        except UnexpectedResponse:
            said = self._scrubbed(answer)
        try:
            parse(said)
        except UnexpectedResponse as error:
            words = self._account.key.scrub(str(error))
        else:
            words = "The host's answer cannot be read."
        raise UnexpectedResponse(words)

    def _scrubbed(self, answer: bytes) -> bytes:
        return self._account.key.scrub(answer.decode("utf-8", "replace")).encode()

    def _unreachable(self, error: Exception) -> HostUnreachable:
        said = self._account.key.scrub(str(error))[:200].rstrip(".") or type(error).__name__
        return HostUnreachable(
            f"No answer from {self._account.host.title} at {self._account.host.base_url} ({said})."
            " Check the internet connection, proxy (HTTPS_PROXY), certificates (SSL_CERT_FILE) and"
            " WAN27_BASE_URL, then Run again."
        )

    def _url(self, path: str) -> str:
        return self._account.host.base_url + path

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": self._account.key.authorization,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }


async def _exchange(
    http: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, bytes]:
    """Send a request and return the answer with its whole body."""
    response = await http.send(request, stream=True)
    try:
        return response, await read_answer(response)
    finally:
        await response.aclose()


MAX_BYTES = 1024 * 1024
_ZLIB_OR_GZIP = 47  # zlib's own number for "look at the header"


async def read_answer(response: httpx.Response) -> bytes:
    """Return the body, unpacked.

    Raises `UnexpectedResponse` where it is larger than any answer of this API, or cannot be
    unpacked.
    """
    whole = bytearray()
    # Raw: the library would unpack each chunk whole, and a few bytes can unpack to gigabytes.
    async for chunk in response.aiter_raw():
        whole += chunk
        _check_size(len(whole))
    return unpack(bytes(whole), response.headers.get("content-encoding", ""))


def unpack(body: bytes, encoding: str) -> bytes:
    """Return the plain bytes.

    We ask for an answer that is not packed, but a gateway in between may pack it all the same.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise UnexpectedResponse("The host's answer is packed in a way that was not asked for.")
    try:
        plain = zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise UnexpectedResponse(
            "The host's answer is said to be packed, and cannot be unpacked."
        ) from None
    _check_size(len(plain))
    return plain


def _check_size(number: int) -> None:
    if number > MAX_BYTES:
        raise UnexpectedResponse(
            "The host's answer is larger than 1 MB, which no answer of this API is."
        )
