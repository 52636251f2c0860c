"""Fetching a finished video: to a `.part` beside its target, resumed where the line broke, and never with the key.

The address is signed and belongs to another origin (S3, COS, OSS), which refuses a foreign Authorization header.
"""

from __future__ import annotations

import asyncio
import glob
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from ..errors import DownloadFailed, HostFailed, HostUnreachable, RateLimited
from .retry import READ, parse_retry_after, retrying

_MAX_VIDEO_BYTES = 4 * 1024**3  # 15 s of 1080P are some 30 MB; what is larger than this is no video of this API
_ABANDONED_SECONDS = 300  # longer than any stall that a download sits out
_EXPIRED = {401, 403, 404, 410}


class Download:
    """One video on its way.

    `url` is its signed address, `fresh_url` returns another once that one has expired, `verify` raises where the whole file is not
    what was expected, `report` hears the percentage (0..100).
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        fresh_url: Callable[[], Awaitable[str]],
        verify: Callable[[Path], Awaitable[None]],
        report: Callable[[float], None],
    ) -> None:
        self._http = http
        self._url: str | None = url
        self._fresh_url = fresh_url
        self._verify = verify
        self._report = report
        self._etag: str | None = None
        self._total_bytes: int | None = None
        self._received_bytes = 0

    async def to(self, target: Path, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Fetch, verify, and only then let `target` exist. Raises `DownloadFailed`, `HostUnreachable`, or what `verify` raises."""
        # A name of its own: two nodes may fetch one task at once, and neither may write into the other's file.
        part = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.part")
        await asyncio.to_thread(_prepare, target)
        try:
            await retrying(lambda: self._attempt(part), READ, sleep)
            await self._verify(part)
            await asyncio.to_thread(os.replace, part, target)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    async def _attempt(self, part: Path) -> None:
        url = self._url = self._url or await self._fresh_url()
        headers = {"Accept-Encoding": "identity"}
        if self._received_bytes and self._etag:
            headers |= {"Range": f"bytes={self._received_bytes}-", "If-Range": self._etag}
        try:
            async with self._http.stream("GET", url, headers=headers, follow_redirects=True) as response:
                self._check_status(response)
                await self._receive(response, part)
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise HostUnreachable(f"The download broke off ({type(error).__name__}).") from error
        except OSError as error:
            raise DownloadFailed(f"The video could not be written to {part.parent} ({error}). Make room there.") from error
        if self._total_bytes is not None and self._received_bytes != self._total_bytes:
            raise HostUnreachable(f"The download ended after {self._received_bytes} of {self._total_bytes} bytes.")

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        if status in _EXPIRED:
            self._url = None  # signed addresses live for an hour or so: the next attempt asks the task for a new one
        if status in _EXPIRED or status in {408, 429} or status >= 500:
            wait = parse_retry_after(response.headers.get("retry-after"))
            error = RateLimited if status == 429 else HostFailed
            raise error(f"The video's address answered HTTP {status}.", status=status, retry_after_seconds=wait)
        raise DownloadFailed(f"The video's address answered HTTP {status}.")

    async def _receive(self, response: httpx.Response, part: Path) -> None:
        if not self._continues(response):
            self._received_bytes = 0
            length = response.headers.get("content-length", "")
            self._total_bytes = int(length) if length.isdigit() else None
            self._etag = _strong_etag(response)
        with await asyncio.to_thread(part.open, "r+b" if self._received_bytes else "wb") as file:
            file.seek(self._received_bytes)
            # As it comes: chunks of a fixed size would hold back, and lose, what arrived before the line broke.
            async for chunk in response.aiter_bytes():
                await asyncio.to_thread(file.write, chunk)
                self._received_bytes += len(chunk)
                if self._total_bytes:
                    self._report(100 * self._received_bytes / self._total_bytes)
                if self._received_bytes > _MAX_VIDEO_BYTES:
                    raise DownloadFailed("The video's address sends more than 4 GB, which is no video of this API.")

    def _continues(self, response: httpx.Response) -> bool:
        """Whether this answer is the rest of what is already here; a server that cannot range sends the whole again."""
        expected = f"bytes {self._received_bytes}-"
        return response.status_code == 206 and response.headers.get("content-range", "").startswith(expected)


def _strong_etag(response: httpx.Response) -> str | None:
    """A weak tag promises no equal bytes, so it cannot mend a file."""
    etag = response.headers.get("etag")
    return etag if etag is not None and not etag.startswith("W/") else None


def _prepare(target: Path) -> None:
    """Make the folder, and clear away what a killed process has left of the same video: nobody has written there for minutes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for part in target.parent.glob(f"{glob.escape(target.stem)}.*.part"):
        if time.time() - part.stat().st_mtime > _ABANDONED_SECONDS:
            part.unlink(missing_ok=True)
