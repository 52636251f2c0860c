"""The download of a finished video: resumed after a broken connection, and verified.

It never carries the key: the URL is signed and belongs to another origin (S3, COS, OSS), which
refuses a foreign Authorization header.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from ..errors import CutShort, DownloadFailed, HostFailed, HostUnreachable, RateLimited
from ..files import free_bytes
from .host_text import clean_text, page_title
from .part_file import PartFile
from .ranges import Version, parse_version
from .retry import DOWNLOAD, Retry, parse_retry_after, retrying, within

# A signed URL answers so once it has expired, or its file is gone.
EXPIRED_STATUSES = frozenset({401, 403, 404, 410})
# The requested rest does not exist: the file is now another one.
_CHANGED_STATUSES = frozenset({412, 416})
_MAX_VIDEO_BYTES = 4 * 1024**3  # 15 s of 1080P are some 30 MB
_MAX_REDIRECTS = 5
# After a minute a download must have kept this speed, or a peer could keep a node waiting.
_SLOWEST_BYTES_PER_SECOND = 4096
_GRACE_SECONDS = 60.0


class Download:
    """The download of one video.

    `url` is its signed URL, `fresh_url` returns another once that has expired, `verify` raises
    where the complete file is invalid, `report` receives the percentage (0..100). `http` decides
    where requests may go (connections.py). `policy`, `clock` and `free` (bytes on the disk of a
    folder) are for tests.
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
        self._restart()

    async def to(self, target: Path, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Download and verify the video; `target` exists only after that.

        Raises `DownloadFailed`, `HostUnreachable`, or what `verify` raises.
        """
        part = PartFile(target, self._free)
        await asyncio.to_thread(part.prepare)
        try:
            try:
                await self._fetch(part, sleep)
            except DownloadFailed as error:
                # A file as long as announced is broken at its source; one without a length may have
                # been cut on the way, and one that ends too early may have been incomplete there.
                has_length = self._version.total_bytes is not None
                if not self._received_bytes or (has_length and not isinstance(error, CutShort)):
                    raise
                self._restart()
                await self._fetch(part, sleep)
            await asyncio.to_thread(part.commit)
        finally:
            await asyncio.to_thread(part.delete)

    async def _fetch(self, part: PartFile, sleep: Callable[[float], Awaitable[None]]) -> None:
        await retrying(lambda: self._attempt(part), self._policy, sleep)
        await asyncio.to_thread(part.unpack)
        await self._verify(part.path)

    def _restart(self) -> None:
        """Discard what has arrived."""
        self._version = Version()
        self._received_bytes = 0

    async def _attempt(self, part: PartFile) -> None:
        url = self._url = self._url or await self._fresh_url()
        try:
            async with self._response(url) as response:
                self._check_status(response)
                await self._check_version(response, part)
                await self._receive(response, part)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise DownloadFailed(
                "The host gave a URL for the video that cannot be downloaded."
            ) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise HostUnreachable(f"The download failed ({type(error).__name__}).") from None
        total = self._version.total_bytes
        if not self._received_bytes:
            raise HostUnreachable("The server of the video sent an empty file.")
        if total is not None and self._received_bytes != total:
            raise HostUnreachable(
                f"The download ended after {self._received_bytes} of {total} bytes."
            )

    @contextlib.asynccontextmanager
    async def _response(self, url: str) -> AsyncIterator[httpx.Response]:
        """Yield the response after a few redirects.

        They are followed here: the library would read the body of each redirect, however long.
        """
        headers = {
            "Accept-Encoding": "identity",
            **self._version.range_headers(self._received_bytes),
        }
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
                    "The video's URL redirects from https to http, where anyone on the way could"
                    " read and change the video. Nothing was downloaded."
                )
            request = response.next_request
        raise DownloadFailed(f"The video's URL redirects more than {_MAX_REDIRECTS} times.")

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in {200, 206}:
            return
        if status in EXPIRED_STATUSES:
            self._url = None  # the next attempt asks the task for a new one
        if status in _CHANGED_STATUSES:
            self._restart()
        message = f"The server of the video answered HTTP {status}."
        if status in EXPIRED_STATUSES | _CHANGED_STATUSES | {408, 429} or status >= 500:
            error = RateLimited if status == 429 else HostFailed
            wait = parse_retry_after(response.headers.get("retry-after"))
            raise error(message, status=status, retry_after_seconds=wait)
        raise DownloadFailed(message)

    async def _check_version(self, response: httpx.Response, part: PartFile) -> None:
        """Accept the rest of what has arrived, or start again with a whole file."""
        if response.status_code == 206:
            if not self._version.continues(response.headers, self._received_bytes):
                self._restart()
                raise HostUnreachable(
                    "The server of the video resumed the download with other bytes than requested."
                )
            return
        self._restart()
        self._version = parse_version(response.headers)
        _check_size(self._version.total_bytes or 0)
        await asyncio.to_thread(part.require_room, self._version.total_bytes or 0)

    async def _receive(self, response: httpx.Response, part: PartFile) -> None:
        began, first, total = self._clock(), self._received_bytes, self._version.total_bytes
        with part.open(self._received_bytes) as file:
            # Chunks as they arrive: those of a fixed size would lose the last bytes before the
            # connection broke.
            async for chunk in response.aiter_raw():
                if not self._received_bytes:
                    _refuse_page(response, chunk)
                await asyncio.to_thread(file.write, chunk)
                self._received_bytes += len(chunk)
                _check_size(self._received_bytes)
                if total:
                    self._report(min(100 * self._received_bytes / total, 100.0))
                required_seconds = self._clock() - began - _GRACE_SECONDS
                if self._received_bytes - first < required_seconds * _SLOWEST_BYTES_PER_SECOND:
                    raise HostUnreachable("The download is nearly at a standstill.")


def _check_size(number: int) -> None:
    if number > _MAX_VIDEO_BYTES:
        raise DownloadFailed(
            "The download is more than 4 GB, which no video of this API is, and was stopped."
        )


def _refuse_page(response: httpx.Response, beginning: bytes) -> None:
    """Refuse a login page or an error text sent as success.

    The bytes decide: object stores send whatever the uploader set as Content-Type and
    Content-Encoding, and an mp4 begins with the length of its first box.
    """
    if beginning.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"<", b"{", b"["}:
        return
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    title = clean_text(page_title(beginning.decode("utf-8", "replace")))
    raise DownloadFailed(
        f"The video's URL returned a page ({kind or 'text'}{title and f': {title}'}) instead of a"
        " video. A proxy or network on the way may require a login."
    )
