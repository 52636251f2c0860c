"""The client: submit a task, ask for one, and ask what is left on the account.

The key leaves this file in one header, to one origin; redirects are never followed with it.

No error is raised inside an `except` here: a library's error may quote the response, and with it
the key, and Python would show that as the new error's context.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from ..errors import (
    BalanceTooLow,
    HostRefused,
    HostUnreachable,
    InvalidSetting,
    KeyRefused,
    RateLimited,
    SubmissionUncertain,
    TaskUnknown,
    UnexpectedResponse,
    Wan27Error,
)
from ..files import too_many_open
from .balance import BALANCE_CALLS, Balance
from .connections import Connections, exchange, in_pieces, json_body, keep_secrets_out_of_logs
from .error_map import parse_error
from .host_text import clean_text
from .hosts import Host
from .key import Account
from .protocols.port import PROMPTS, KeyProof, Query, Task
from .retry import READ, SUBMIT, Retry, awake, parse_retry_after, within

T = TypeVar("T")

# httpx's errors that come before any byte of a request has left on a new connection.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# The one refusal after which the task may exist: the request did not arrive in time.
_REQUEST_TIMEOUT = 408

logger = logging.getLogger(__name__)
keep_secrets_out_of_logs()


class Client:
    """One account at one host, in one event loop: ComfyUI gives each prompt its own loop.

    Proxies and certificates come from the environment as everywhere in httpx (HTTPS_PROXY,
    SSL_CERT_FILE), except for a host on this machine.
    """

    def __init__(self, account: Account, submitting: Retry = SUBMIT, reading: Retry = READ) -> None:
        """`submitting` and `reading` set the timeouts of each call.

        Raises `InvalidSetting` where the environment's proxy or certificates cannot be used.
        """
        self._account = account
        self._submitting, self._reading = submitting, reading
        self._connections = Connections(account.host)
        self._api = self._connections.open(reading)
        self._downloads = self._connections.open_for_downloads()

    @property
    def http(self) -> httpx.AsyncClient:
        """The client for downloads: no key, no cookies, and no internal addresses."""
        return self._downloads

    @property
    def host(self) -> Host:
        """The host that it calls."""
        return self._account.host

    @property
    def account_id(self) -> str:
        """Which account this is, for the memory of this process alone."""
        return f"{self._account.host_id} {self._account.key.digest}"

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()
        await self._downloads.aclose()

    def submit(self, body: dict[str, Any]) -> str:
        """Send a submission once and return its task id.

        It blocks on purpose: in a thread, no cancel can separate it from its response. Each call
        makes a new connection, so that a failure to connect proves that nothing was sent.

        Raises `HostUnreachable` where nothing was sent, `HostRefused`, and `SubmissionUncertain`
        where the task may exist but its id did not arrive.
        """
        error: Wan27Error
        answers: list[tuple[httpx.Response, bytes]] = []
        post = awake(lambda: self._post(body, answers))
        try:
            # Its own event loop gives the whole call a deadline: a socket's timeout starts again
            # with each byte.
            asyncio.run(post)
        except _NOTHING_SENT as cause:
            error = self._unreachable(cause, " Nothing was sent.")
        except InvalidSetting:
            raise  # of a proxy, before anything is sent
        except Exception as cause:  # noqa: BLE001 - TLS and threads fail with errors of their own
            if inspect.getcoroutinestate(post) == inspect.CORO_CREATED:
                post.close()  # no event loop could be made for it
                error = self._unreachable(cause, " Nothing was sent.")
            else:
                error = SubmissionUncertain(f"the connection failed: {type(cause).__name__}")
        if answers:  # what came counts, however the event loop ended
            return self._task_id(*answers[0], body)
        raise error

    async def task(self, task_id: str) -> Task:
        """Return the task as it is now, its reason fit to show.

        Raises `HostUnreachable`, `HostRefused` or `UnexpectedResponse`.
        """
        protocol = self._account.host.protocol
        task = await self.read(protocol.task_query(task_id), protocol.parse_task)
        # The URL stays as it was signed, even if it contained the key.
        return replace(task, reason=clean_text(task.reason, self._account.key.scrub))

    async def balance(self) -> Balance | None:
        """Return what is left on the account, None where no call for it is known.

        Raises as `task` does: hosts may change this call at any time.
        """
        call = BALANCE_CALLS.get(self._account.host.name)
        return None if call is None else await self.read(Query(call.path), call.parse)

    async def prove_key(self) -> bool:
        """Return whether a free call proves the key. Raises as `task` does."""
        *first, last = self._account.host.protocol.key_proofs()
        for proof in first:
            try:
                return await self._prove_key(proof)
            except (KeyRefused, BalanceTooLow, RateLimited):
                raise
            except (HostRefused, UnexpectedResponse):
                continue  # a call that this host does not have says nothing about the key
        return await self._prove_key(last)

    async def _prove_key(self, proof: KeyProof) -> bool:
        try:
            return await self.read(proof.query, proof.parse)
        except TaskUnknown:
            if proof.by_missing_task:
                return True
            raise

    async def read(self, query: Query, parse: Callable[[bytes], T]) -> T:
        """Return what `parse` makes of the response to a free call. Raises as `task` does."""
        return self._parse(parse, await self._get(query))

    async def _get(self, query: Query) -> bytes:
        """Return the body of a free call's response."""
        url, params = self._account.host.base_url + query.path, dict(query.params) or None
        request = self._api.build_request("GET", url, params=params, headers=self._headers())
        try:
            response, content = await within(
                self._reading.call_seconds, exchange(self._api, request)
            )
        except (httpx.HTTPError, httpx.StreamError, HostUnreachable, ssl.SSLError) as cause:
            error = self._unreachable(cause)
        else:
            self._raise_for_status(response, content)
            return content
        raise error

    async def _post(
        self, body: dict[str, Any], answers: list[tuple[httpx.Response, bytes]]
    ) -> None:
        """Send a submission once; add its response to `answers`."""
        began, seconds = time.monotonic(), self._submitting.call_seconds
        host, content = self._account.host, json_body(body)
        url, headers = host.base_url + host.protocol.submit_path, self._headers()
        headers |= host.protocol.submission_headers(body)
        headers["Content-Length"] = str(len(content))

        async def in_time() -> AsyncIterator[bytes]:
            # After so long, by the real clock, a person may have decided about this request.
            if time.monotonic() - began > seconds:
                raise HostUnreachable("This process was stopped before the request was sent.")
            async for piece in in_pieces(content):
                yield piece

        async with self._connections.open(self._submitting) as http:
            request = http.build_request("POST", url, content=in_time(), headers=headers)
            answers.append(await within(seconds, exchange(http, request)))

    def _task_id(self, response: httpx.Response, content: bytes, sent: dict[str, Any]) -> str:
        status = response.status_code
        is_refusal = 400 <= status < 500 and status != _REQUEST_TIMEOUT
        if not response.is_success and not is_refusal:
            raise SubmissionUncertain(f"HTTP {status}")
        self._raise_for_status(response, content, sent)
        try:
            task_id = self._parse(self._account.host.protocol.parse_submission, content)
        except UnexpectedResponse as error:
            raise SubmissionUncertain(str(error)) from None
        # Before anything else can fail: the log has the id of a paid task whatever happens to the
        # journal.
        logger.info("Wan 2.7: task %s submitted to %s", task_id[:100], self._account.host.title)
        return task_id

    def _raise_for_status(
        self, response: httpx.Response, content: bytes, sent: object = None
    ) -> None:
        """Raise the error for any status but 2xx; `sent` is the body of the request."""
        if response.is_success:
            return
        host = self._account.host
        if response.is_redirect:
            raise UnexpectedResponse(
                f"{host.base_url} redirects to another URL, and the key is not sent there. Set"
                " WAN27_BASE_URL in the settings to the final URL, or unset it."
            )
        raise parse_error(
            host,
            response.status_code,
            content,
            parse_retry_after(response.headers.get("retry-after")),
            self._account.key.scrub,
            inline=any(text.startswith("data:image/") for _, text in _texts(sent)),
            given=[text for name, text in _texts(sent) if name in PROMPTS],
        )

    def _parse(self, parse: Callable[[bytes], T], content: bytes) -> T:
        """Return what `parse` returns; its error quotes the body without the key.

        The body is scrubbed before it is quoted, because a quotation may cut a key in two, and the
        message again, because of its escapes.
        """
        scrub = self._account.key.scrub
        try:
            return parse(content)
        except UnexpectedResponse as error:
            kind = type(error)
            scrubbed = scrub(content.decode("utf-8", "replace")).encode()
        try:
            parse(scrubbed)
        except UnexpectedResponse as error:
            message = scrub(str(error))
        else:
            message = "The host's response cannot be read."
        raise kind(message)

    def _unreachable(self, error: Exception, consequence: str = "") -> HostUnreachable:
        host = self._account.host
        if isinstance(error, httpx.ProxyError):
            said = clean_text(error, self._account.key.scrub) or "no reason was given"
            return HostUnreachable(
                f"The proxy (HTTPS_PROXY, ALL_PROXY) does not connect to {host.title} ({said}). If"
                " it requires a login, set HTTPS_PROXY to http://user:password@host:port; to do"
                f" without it, add {httpx.URL(host.base_url).host} to NO_PROXY.{consequence}"
            )
        if problem := too_many_open():
            return HostUnreachable(f"{host.title_first} cannot be asked: {problem}{consequence}")
        detail = clean_text(error, self._account.key.scrub) or type(error).__name__
        return HostUnreachable(
            f"{host.title_first} did not respond at {host.base_url} ({detail}). Check the internet"
            " connection, proxy (HTTPS_PROXY), certificates (SSL_CERT_FILE) and the setting"
            f" WAN27_BASE_URL, then Run again.{consequence}"
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": self._account.key.authorization,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }


def _texts(part: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in a request, at any depth, each with the name of its field."""
    if isinstance(part, str):
        yield name, part
    named = part.items() if isinstance(part, dict) else ()
    listed = ((name, each) for each in part) if isinstance(part, list) else ()
    for field, each in (*named, *listed):
        yield from _texts(each, field)
