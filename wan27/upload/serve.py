"""Media served from this ComfyUI at its public address (a cloud pod, a tunnel), without a bucket.

Each file has a name that no one can guess (ref_counts.py), and stays in a folder of its own
(serving_folder.py) while a task needs it.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from ..errors import UploadFailed
from ..limits import MEDIA
from .media_port import VARIABLE, MediaPort
from .public_address import check_reachable, parse_public_address
from .ref_counts import RefCounts, StoredObject
from .serving_folder import PATH, SERVED, ServingFolder
from .uploader import Upload


class Serve:
    """One public address and folder, kept while the process runs; it belongs to no event loop."""

    max_image_bytes = MEDIA["first_frame"].max_bytes
    sends_inline = False
    place = SERVED

    def __init__(
        self,
        address: str,
        folder: Path,
        ref_counts: RefCounts | None = None,
        certificate: Path | None = None,
        port: MediaPort | None = None,
    ) -> None:
        """`address` is the public address of this ComfyUI, with its path if it has one.

        `certificate` is the file of its own TLS certificate. With a `port` the address must lead
        there, and not to ComfyUI. Raises `InvalidSetting`.
        """
        self._port = port
        self._certificate = certificate
        self.address = parse_public_address(address)
        self._folder = ServingFolder(folder)
        self._ref_counts = ref_counts or RefCounts()

    def check_file(self, role: str) -> None:
        """Allow any medium."""

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> Upload:
        """Copy the content into the folder and return its URL; each call needs one `release`.

        Equal content has an equal `content_hash`. Raises `UploadFailed` where it cannot be written,
        or where the URL returns something else.
        """
        stored = self._ref_counts.acquire(content_hash, content_type)
        url = f"{self.address}{PATH}{stored.name}"
        try:
            size = await asyncio.to_thread(self._put, role, stored, content)
            notice = await self._check(role, url, stored.name, size)
        except BaseException:
            if self._ref_counts.release(stored.name):
                self._try_delete(stored.name)
            raise
        return Upload(url, stored.name, notice)

    def release(self, name: str, *, needed: bool) -> bool:
        """Count one task less, and return whether the file must be removed."""
        return self._ref_counts.release(name, needed=needed)

    async def remove(self, name: str) -> None:
        """Delete the file; one that is already gone is ignored. Raises `UploadFailed`."""
        try:
            await asyncio.to_thread(self._folder.delete, name)
        except OSError as error:
            raise UploadFailed(
                f"A file could not be deleted from {self._folder.path} ({error.strerror}): a later"
                " Run deletes it, or delete it yourself."
            ) from error

    async def _check(self, role: str, url: str, name: str, size: int) -> str:
        if self._port is None:
            return await check_reachable(role, url, size, self._certificate) or ""
        target = f"{self._port.address} ({VARIABLE})"
        notice = await check_reachable(role, url, size, target=target)
        if notice is not None and not self._port.was_read(name):
            raise UploadFailed(
                "The address in the setting WAN27_UPLOAD leads past WAN27_SERVE_PORT, so it may"
                f" expose all of ComfyUI: let the tunnel or proxy lead to {target}. Nothing was"
                " sent."
            )
        return notice or ""

    def _put(self, role: str, stored: StoredObject, content: bytes | Path) -> int:
        try:
            size = self._folder.put(stored.name, content)
        except OSError as error:
            raise UploadFailed(
                f"{role} could not be copied to {self._folder.path}, from where it is served"
                f" ({error.strerror}): make the folder writable and free some disk space. Nothing"
                " was sent."
            ) from error
        if not stored.count:  # canceled in the meantime
            self._try_delete(stored.name)
        return size

    def _try_delete(self, name: str) -> None:
        with contextlib.suppress(OSError):  # swept later
            self._folder.delete(name)
