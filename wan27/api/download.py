"""Fetching a finished video: resumed where the line broke, checked before it is shown, and never with the key.

The address is signed and belongs to another origin (S3, COS, OSS), which refuses a foreign
Authorization header.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from ..errors import DownloadFailed, HostFailed, HostUnreachable, RateLimited
from ..files import free_bytes
from .part_file import PartFile
from .ranges import Version, parse_version
from .retry import DOWNLOAD, Retry, parse_retry_after, retrying, within

_MAX_VIDEO_BYTES = (
    4 * 1024**3
)  # 15 s of 1080P are some 30 MB; what is larger than this is no video of this API
_MAX_REDIRECTS = 5
# A signed URL answers so once it has expired, or its file is gone.
EXPIRED_STATUSES = frozenset({401, 403, 404, 410})
_CHANGED = {412, 416}  # the rest that was asked for does not exist: the file is another one now
_PAGES = {"text/html", "application/xhtml+xml", "application/json", "text/xml", "application/xml"}
# A line may be slow, and a peer that keeps a node waiting for ever is none: after a minute it must
# have kept this pace.
_SLOWEST_BYTES_PER_SECOND = 4096
_GRACE_SECONDS = 60.0


class Download:
    """One video on its way.

    `url` is its signed address, `fresh_url` returns another once that one has expired, `verify`
    raises where the whole file is not what was expected, `report` hears the percentage (0..100).
    `http` decides where it may go (connections.py). `policy`, `clock` and `free` (bytes on the disk
    of a folder) are for tests.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        fresh_url: Callable[[], Awaitable[str]],
        verify: Callable[[Path], Awaitable[None]],
        report: Callable[[float], None],
        *,
        policy: Retry = DOWNLOAD,
        clock: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._http = http
        self._url: str | None = url
        self._fresh_url = fresh_url
        self._verify = verify
        self._report = report
        self._policy, self._clock, self._free = policy, clock, free
        self._forget()

    async def to(self, target: Path, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Fetch, verify, and only then let `target` exist.

        Raises `DownloadFailed`, `HostUnreachable`, or what `verify` raises.
        """
        part = PartFile(target, self._free)
        await asyncio.to_thread(part.prepare)
        try:
            try:
                await self._fetch(part, sleep)
            except DownloadFailed:
                # A file as long as announced is broken at its source; one without a length may have
                # been cut on the way.
                if not self._received_bytes or self._version.total_bytes is not None:
                    raise
                self._forget()
                await self._fetch(part, sleep)
            await asyncio.to_thread(part.settle)
        finally:
            await asyncio.to_thread(part.drop)

    async def _fetch(self, part: PartFile, sleep: Callable[[float], Awaitable[None]]) -> None:
        await retrying(lambda: self._attempt(part), self._policy, sleep)
        await self._verify(part.path)

    def _forget(self) -> None:
        """Begin anew: nothing that has arrived counts."""
        self._version = Version()
        self._received_bytes = 0

    async def _attempt(self, part: PartFile) -> None:
        url = self._url = self._url or await self._fresh_url()
        try:
            async with self._answer(url) as response:
                self._check_status(response)
                await self._begin(response, part)
                await self._receive(response, part)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise DownloadFailed("The video's address is none that can be fetched.") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise HostUnreachable(f"The download broke off ({type(error).__name__}).") from None
        total = self._version.total_bytes
        if total is not None and self._received_bytes != total:
            raise HostUnreachable(
                f"The download ended after {self._received_bytes} of {total} bytes."
            )

    @contextlib.asynccontextmanager
    async def _answer(self, url: str) -> AsyncIterator[httpx.Response]:
        """The answer, behind a few redirects.

        By hand: the library would read the body of each redirect, however long.
        """
        headers = {"Accept-Encoding": "identity", **self._version.request(self._received_bytes)}
        request = self._http.build_request(
            "GET", url, headers=headers, timeout=self._policy.timeout
        )
        for _ in range(_MAX_REDIRECTS + 1):
            response = await within(
                self._policy.call_seconds, self._http.send(request, stream=True)
            )
            try:
                if response.next_request is None:
                    yield response
                    return
            finally:
                await response.aclose()
            if (request.url.scheme, response.next_request.url.scheme) == ("https", "http"):
                raise DownloadFailed(
                    "The video's address redirects from https to http, which anyone on the way"
                    " could read and change."
                )
            request = response.next_request
        raise DownloadFailed(f"The video's address redirects more than {_MAX_REDIRECTS} times.")

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in {200, 206}:
            return
        if status in EXPIRED_STATUSES:
            # signed addresses live for an hour or so: the next attempt asks the task for a new one
            self._url = None
        if status in _CHANGED:
            self._forget()
        if status in EXPIRED_STATUSES | _CHANGED | {408, 429} or status >= 500:
            wait = parse_retry_after(response.headers.get("retry-after"))
            error = RateLimited if status == 429 else HostFailed
            raise error(
                f"The video's address answered HTTP {status}.",
                status=status,
                retry_after_seconds=wait,
            )
        raise DownloadFailed(f"The video's address answered HTTP {status}.")

    async def _begin(self, response: httpx.Response, part: PartFile) -> None:
        """Decide what the answer is: the rest of what is here, or the whole again, as from a server that cannot range."""
        _refuse_pages(response)
        if response.status_code == 206:
            if not self._version.continues(response.headers, self._received_bytes):
                self._forget()
                raise HostUnreachable(
                    "The download was resumed with other bytes than were asked for."
                )
            return
        self._forget()
        self._version = parse_version(response.headers)
        self._check_size(self._version.total_bytes or 0)
        await asyncio.to_thread(part.require_room, self._version.total_bytes or 0)

    async def _receive(self, response: httpx.Response, part: PartFile) -> None:
        began, first, total = self._clock(), self._received_bytes, self._version.total_bytes
        with part.open(self._received_bytes) as file:
            # As it comes: chunks of a fixed size would hold back, and lose, what arrived before the
            # line broke.
            async for chunk in response.aiter_raw():
                await asyncio.to_thread(file.write, chunk)
                self._received_bytes += len(chunk)
                self._check_size(self._received_bytes)
                if total:
                    self._report(min(100 * self._received_bytes / total, 100.0))
                if (
                    self._received_bytes - first
                    < (self._clock() - began - _GRACE_SECONDS) * _SLOWEST_BYTES_PER_SECOND
                ):
                    raise HostUnreachable("The download has nearly come to a standstill.")

    def _check_size(self, number: int) -> None:
        if number > _MAX_VIDEO_BYTES:
            raise DownloadFailed(
                "The video's address sends more than 4 GB, which is no video of this API."
            )


def _refuse_pages(response: httpx.Response) -> None:
    """A login page or an error in words, sent as success, is named for what it is; so is a file packed in a way that was not asked for."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _PAGES:
        raise DownloadFailed(
            f"The video's address answered with a page ({kind}) instead of a video; something on"
            " the way may ask to log in."
        )
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise DownloadFailed("The video's address sends a packed file, which no video is.")
