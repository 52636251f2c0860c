"""Media in the user's own bucket, as signed URLs: the way for clips, audio and large images.

Equal content is sent once while any task needs it (ref_counts.py), and deleted with the last. What
a crash leaves behind, parts of a broken upload included, is for a lifecycle rule of the bucket.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidSetting, UploadFailed
from ..limits import MEDIA
from .bucket_errors import explain
from .cloud import BucketPath, open_store, parse_bucket_path
from .ref_counts import RefCounts, StoredObject, ref_counts_at
from .signed_life import short_life
from .uploader import Upload, size_of

if TYPE_CHECKING:
    from .cloud import Store

DAY_SECONDS = 24 * 3600.0
MAX_SECONDS = 7 * DAY_SECONDS  # the longest that S3, Google and Azure sign for
_MARGIN_SECONDS = 3600.0  # the upload comes first, and takes at most this long

_PART_BYTES = 5 * 1024 * 1024  # the smallest part that S3 takes
_PARTS_AT_ONCE = 2  # so 10 MB in memory, whatever the size of the file
_SLOWEST_BYTES_PER_SECOND = 32 * 1024
_PATIENCE_SECONDS = 120.0  # added to the time of the bytes: connections, retries and their waits


class Bucket:
    """One bucket and prefix, kept while the process runs; it belongs to no event loop."""

    max_image_bytes = MEDIA["first_frame"].max_bytes
    sends_inline = False

    def __init__(
        self,
        path: BucketPath,
        store: Store,
        url_seconds: float,
        ref_counts: RefCounts | None = None,
    ) -> None:
        """`url_seconds` is how long a signed URL is valid."""
        self._path = path
        self._store = store
        self._url_life = timedelta(seconds=url_seconds)
        self._ref_counts = ref_counts or RefCounts()
        self.place = path.place

    @classmethod
    def from_url(
        cls, url: str, *, timeout_seconds: float = 3600.0, is_shared: bool = False
    ) -> Bucket:
        """Return the bucket of a value of WAN27_UPLOAD, without network I/O.

        `timeout_seconds` is WAN27_TIMEOUT: URLs are valid an hour longer, a day at least, and seven
        days at most. `is_shared`: it counts with the others of this process at its place. Raises
        `InvalidSetting`.
        """
        if timeout_seconds > MAX_SECONDS - _MARGIN_SECONDS:
            raise InvalidSetting(
                "The setting WAN27_TIMEOUT is longer than signed URLs can be valid: with a bucket"
                f" in WAN27_UPLOAD set at most {MAX_SECONDS - _MARGIN_SECONDS:.0f} seconds."
            )
        path = parse_bucket_path(url)
        url_seconds = max(DAY_SECONDS, timeout_seconds + _MARGIN_SECONDS)
        counts = ref_counts_at(path.place) if is_shared else None
        return cls(path, open_store(path), url_seconds, counts)

    def check_file(self, role: str) -> None:
        """Allow any medium."""

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> Upload:
        """Put the content (a file in parts) into the bucket and return its signed URL.

        Each call needs one `release`. Equal content has an equal `content_hash`. A cancel ends it
        at once. Raises `UploadFailed`.
        """
        stored = self._ref_counts.acquire(content_hash, content_type)
        try:
            url = await self._send(role, stored, content, content_type)
        except BaseException:
            self._ref_counts.release(stored.name)
            raise
        life = short_life(url, datetime.now(timezone.utc))
        return Upload(url, stored.name, life.notice if life else "")

    def release(self, name: str, *, needed: bool) -> bool:
        """Count one task less, and return whether the object must be removed."""
        return self._ref_counts.release(name, needed=needed)

    async def remove(self, name: str) -> None:
        """Delete the object; one that is already gone is ignored. Raises `UploadFailed`."""
        import obstore  # noqa: PLC0415 - see cloud.py

        try:
            await asyncio.wait_for(
                obstore.delete_async(self._store, self._path.object_path(name)), _PATIENCE_SECONDS
            )
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - obstore raises its own errors, OSErrors and ValueErrors
            reason = explain(error, self._path.cloud)
            raise UploadFailed(
                f"{name} could not be deleted from {self._path}: {reason}."
            ) from None

    async def _send(
        self, role: str, stored: StoredObject, content: bytes | Path, content_type: str
    ) -> str:
        """Put the content unless it is already there, and return its signed URL."""
        try:
            size = size_of(content)
        except OSError as error:
            raise self._failed(role, f"its file cannot be read ({error.strerror})") from error
        limit = _PATIENCE_SECONDS + size / _SLOWEST_BYTES_PER_SECOND
        try:
            return await asyncio.wait_for(self._put(stored, content, content_type, size), limit)
        except _TooShortError as error:
            raise self._failed(role, str(error)) from None
        except Exception as error:  # noqa: BLE001 - as above
            # Without the cause: its text repeats what the cloud echoed of the request.
            raise self._failed(role, explain(error, self._path.cloud)) from None

    async def _put(
        self, stored: StoredObject, content: bytes | Path, content_type: str, size: int
    ) -> str:
        import obstore  # noqa: PLC0415 - see cloud.py

        path = self._path.object_path(stored.name)
        # Signed first: without a signature nothing need be sent. The margin is longer than the
        # slowest upload.
        url = await obstore.sign_async(self._store, "GET", path, self._url_life)
        life = short_life(url, datetime.now(timezone.utc))
        if life is not None and life.is_too_short:
            raise _TooShortError(life.problem)
        if not (stored.complete and await self._is_there(path, size)):
            await obstore.put_async(
                self._store,
                path,
                content,
                attributes={"Content-Type": content_type},
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
            stored.complete = True
        return url

    def _failed(self, role: str, reason: str) -> UploadFailed:
        return UploadFailed(
            f"{role} could not be uploaded to {self._path}: {reason}. Nothing was sent."
        )

    async def _is_there(self, path: str, size: int) -> bool:
        """Return whether the object is still complete; False on any error, so it is sent again."""
        import obstore  # noqa: PLC0415 - see cloud.py
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            return (await obstore.head_async(self._store, path))["size"] == size
        except (BaseError, FileNotFoundError):
            return False


class _TooShortError(Exception):
    """The credentials end before a task could read the upload; the message says which."""
