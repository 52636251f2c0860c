"""Media go into the user's own bucket and travel as signed addresses: the way for clips, sound, and pictures too large to be sent inline.

The same content is sent once for as long as a task holds it (holding.py), and deleted with the
last. What a crash leaves behind, parts of a broken upload included, is for a lifecycle rule of the
bucket to remove.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidSetting, UploadFailed
from ..limits import MEDIA
from .bucket_errors import explain, failed
from .cloud import Place, open_store, parse_place
from .ref_counts import SUFFIXES, RefCounts, StoredObject, name_in

if TYPE_CHECKING:
    from .cloud import Store

DAY_SECONDS = 24 * 3600.0
MOST_SECONDS = 7 * DAY_SECONDS  # what S3, Google and Azure allow a signature at most
_MARGIN_SECONDS = 3600.0  # an upload comes first, and at the slowest takes this long

_PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes for a part
_PARTS_AT_ONCE = 2  # so 10 MB in memory, whatever the size of the file
_SLOWEST_BYTES_PER_SECOND = 32 * 1024
_PATIENCE_SECONDS = 120.0  # on top of the bytes: connections, retries and their waits


class Bucket:
    """One bucket and prefix.

    Kept for the life of the process, it sends what several tasks share once; it belongs to no event
    loop.
    """

    max_image_bytes = MEDIA["first_frame"].max_bytes

    def __init__(self, place: Place, store: Store, life_seconds: float) -> None:
        """`life_seconds` is how long a signed address is good for."""
        self._place = place
        self._store = store
        self._life = timedelta(seconds=life_seconds)
        self._holding = RefCounts()

    @classmethod
    def from_url(cls, url: str, *, timeout_seconds: float = 3600.0) -> Bucket:
        """Return the bucket that WAN27_UPLOAD names; no network is used. Raises `InvalidSetting`.

        `timeout_seconds` is WAN27_TIMEOUT: addresses outlive it by an hour, live a day at least,
        and seven at most.
        """
        if timeout_seconds > MOST_SECONDS - _MARGIN_SECONDS:
            raise InvalidSetting(
                "WAN27_TIMEOUT is longer than signed addresses can live: with a bucket in"
                " WAN27_UPLOAD at most 601200 seconds."
            )
        place = parse_place(url)
        return cls(place, open_store(place), max(DAY_SECONDS, timeout_seconds + _MARGIN_SECONDS))

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> str:
        """Put the content (a file is read in parts) into the bucket and return its signed address; each call needs one `forget`.

        `content_hash` says which content is the same. Raises `UploadFailed`. A cancel leaves at
        once.
        """
        what = f"{role} could not be uploaded to"
        if content_type not in SUFFIXES:
            raise failed(what, self._place, f"{content_type} is not among {', '.join(SUFFIXES)}")
        held = self._holding.take(content_hash, content_type)
        try:
            return await self._present(held, content, content_type, what)
        except BaseException:
            self._holding.release(held.name)
            raise

    def refuse_file(self, role: str) -> None:
        """A bucket takes any medium."""

    def name_of(self, address: str) -> str | None:
        """The object's name in an address that `upload` returned: no secret, so the journal may keep it."""
        return name_in(address)

    async def forget(self, url_or_name: str, *, needed: bool = False) -> None:
        """Delete the object once its last task is done with it.

        An address from elsewhere, or an object long gone, is left alone.

        `needed` says that the journal knows of another task that lives on it; it counts for what an
        earlier process uploaded. Raises `UploadFailed` where the cloud refuses: by then a task has
        ended, so it is for a log and never in the way of its video.
        """
        name = name_in(url_or_name)
        if name is not None and self._holding.release(name, needed=needed):
            await self._delete(name)

    async def _present(
        self, held: StoredObject, content: bytes | Path, content_type: str, what: str
    ) -> str:
        """Send the content unless it is there already, and sign its address."""
        try:
            size = _size(content)
        except OSError as error:
            raise UploadFailed(
                f"{what} {self._place}: its file cannot be read ({error.strerror})."
            ) from error
        limit = _PATIENCE_SECONDS + size / _SLOWEST_BYTES_PER_SECOND
        try:
            return await asyncio.wait_for(self._put(held, content, content_type, size), limit)
        except Exception as error:  # noqa: BLE001 - obstore raises its own errors, OSErrors and ValueErrors
            # Without the cause: its text repeats what the cloud echoed of the request.
            raise explain(error, what, self._place) from None

    async def _put(
        self, held: StoredObject, content: bytes | Path, content_type: str, size: int
    ) -> str:
        import obstore  # noqa: PLC0415 - see cloud.py

        path = self._path(held.name)
        # Signed first: what cannot be signed need not be sent. The margin outlives the slowest
        # upload.
        url = await obstore.sign_async(self._store, "GET", path, self._life)
        if not (held.whole and await self._has(path, size)):
            await obstore.put_async(
                self._store,
                path,
                content,
                attributes={"Content-Type": content_type},
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
            held.whole = True
        return url

    async def _has(self, path: str, size: int) -> bool:
        """Whether the object is still there and whole.

        Any doubt is a no: sending it again is always right.
        """
        import obstore  # noqa: PLC0415
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            return (await obstore.head_async(self._store, path))["size"] == size
        except (BaseError, FileNotFoundError):
            return False

    async def _delete(self, name: str) -> None:
        import obstore  # noqa: PLC0415

        try:
            await asyncio.wait_for(
                obstore.delete_async(self._store, self._path(name)), _PATIENCE_SECONDS
            )
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - as above
            raise explain(error, f"{name} could not be deleted from", self._place) from None

    def _path(self, name: str) -> str:
        return f"{self._place.prefix}/{name}" if self._place.prefix else name


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
