"""The three calls to the API. The key leaves this file in one header, to one origin; redirects are never followed with it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import httpx

from ..errors import HostUnreachable, SubmissionUncertain, UnexpectedAnswer
from .hosts import Account
from .refusals import parse_refusal
from .retry import parse_retry_after
from .wire import Task, parse_submission, parse_task

_MAX_ANSWER_BYTES = 1024 * 1024
_TIMEOUT = httpx.Timeout(connect=15, read=30, write=30, pool=30)
# The host may fetch the media before it answers, and a request with pictures inside is large.
_SUBMIT_TIMEOUT = httpx.Timeout(connect=15, read=120, write=60, pool=30)

# Errors that come before any byte of a request has left on a connection that is new.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

logger = logging.getLogger(__name__)


def _without_query(record: logging.LogRecord) -> bool:
    """Shorten what httpx logs of a request: ComfyUI's log goes into error reports, and the query of a signed address is a key to the file."""
    if isinstance(record.args, tuple):
        record.args = tuple(each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_query)


class Client:
    """One account at one host, for one run: ComfyUI gives each prompt an event loop of its own, and a client lives in one loop.

    Proxies and certificates come from the environment as everywhere in httpx (HTTPS_PROXY, SSL_CERT_FILE), except for this machine itself.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._options: dict[str, Any] = {"trust_env": not account.host.is_local, "follow_redirects": False}
        self._options["verify"] = httpx.create_ssl_context(trust_env=not account.host.is_local)
        self._http = httpx.AsyncClient(**self._options, timeout=_TIMEOUT)

    @property
    def http(self) -> httpx.AsyncClient:
        """The connection pool, for downloads: it carries no key of its own."""
        return self._http

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    def submit(self, body: dict[str, Any]) -> str:
        """Send a submission once and return its task id. Blocking on purpose: run in a thread, no cancel can cut it off from its answer.

        A new connection each time, so that a failure to connect proves that nothing was sent. Raises `HostUnreachable` then,
        `HostRefused` where the host said no, and `SubmissionUncertain` where the task may exist but its id did not arrive.
        """
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            with httpx.Client(**self._options, timeout=_SUBMIT_TIMEOUT) as http:
                request = http.build_request("POST", self._url("/v3/async/wan2.7-i2v"), content=content, headers=self._headers())
                response = http.send(request, stream=True)
                answer = _read(response)
        except _NEVER_SENT as error:
            raise self._unreachable(error) from error
        except (httpx.HTTPError, httpx.StreamError, UnexpectedAnswer) as error:
            raise SubmissionUncertain(f"the connection broke off: {type(error).__name__}") from error
        return self._submitted(response, answer)

    async def task(self, task_id: str) -> Task:
        """Return what the host says of a task now. Raises `HostUnreachable`, `HostRefused` or `UnexpectedAnswer`."""
        url, parameters = self._url("/v3/async/task-result"), {"task_id": task_id}
        try:
            async with self._http.stream("GET", url, params=parameters, headers=self._headers()) as response:
                answer = await _read_async(response)
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise self._unreachable(error) from error
        self._refuse(response, answer)
        # Words are scrubbed, not the answer: a host may quote the key in any of them, but an address must stay as it was signed.
        try:
            task = parse_task(answer)
        except UnexpectedAnswer as error:
            raise UnexpectedAnswer(self._account.key.scrub(str(error))) from None
        return replace(task, reason=self._account.key.scrub(task.reason))

    def _submitted(self, response: httpx.Response, answer: bytes) -> str:
        if response.status_code >= 500 or response.status_code == 408:
            raise SubmissionUncertain(f"HTTP {response.status_code}")
        self._refuse(response, answer)
        try:
            task_id = parse_submission(answer)
        except UnexpectedAnswer as error:
            raise SubmissionUncertain(self._account.key.scrub(str(error))) from None
        # In the log before anything else can fail: whatever happens to the journal, the id of a paid task can be found here.
        logger.info("Wan 2.7: task %s submitted to %s", task_id[:100], self._account.host.title)
        return task_id

    def _refuse(self, response: httpx.Response, answer: bytes) -> None:
        """Raise the error for any status but 2xx."""
        if response.is_success:
            return
        if response.is_redirect:
            raise UnexpectedAnswer(
                f"{self._account.host.base_url} redirects to another address; a key is not sent there. "
                "Set WAN27_BASE_URL to the final address, or unset it."
            )
        said = self._account.key.scrub(answer.decode("utf-8", "replace")).encode()
        wait = parse_retry_after(response.headers.get("retry-after"))
        raise parse_refusal(self._account.host, response.status_code, said, wait)

    def _unreachable(self, error: Exception) -> HostUnreachable:
        said = self._account.key.scrub(str(error))[:200] or type(error).__name__
        return HostUnreachable(
            f"No answer from {self._account.host.title} at {self._account.host.base_url} ({said}). "
            "Check the internet connection, proxy and WAN27_BASE_URL, then Run again."
        )

    def _url(self, path: str) -> str:
        return self._account.host.base_url + path

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._account.key.authorization, "Content-Type": "application/json", "Accept-Encoding": "identity"}


def _read(response: httpx.Response) -> bytes:
    whole = bytearray()
    for chunk in response.iter_bytes():
        _append(whole, chunk)
    return bytes(whole)


async def _read_async(response: httpx.Response) -> bytes:
    whole = bytearray()
    async for chunk in response.aiter_bytes():
        _append(whole, chunk)
    return bytes(whole)


def _append(whole: bytearray, chunk: bytes) -> None:
    whole += chunk
    if len(whole) > _MAX_ANSWER_BYTES:
        raise UnexpectedAnswer("The host's answer is larger than 1 MB, which no answer of this API is.")
