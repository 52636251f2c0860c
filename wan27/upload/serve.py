"""Media are served from this very ComfyUI at its public address, for cloud pods and tunnels: the way that needs no bucket.

Each lies under a name that nobody can guess (holding.py), in a folder of its own (serving.py), for
as long as a task needs it.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from ..errors import UploadFailed
from ..limits import MEDIA
from .public_address import check, parse_address
from .ref_counts import NAME, SUFFIXES, RefCounts, StoredObject, name_in
from .serving import PATH, ServingFolder


class Serve:
    """One public address and folder. Kept for the life of the process; it belongs to no event loop."""

    max_image_bytes = MEDIA["first_frame"].max_bytes

    def __init__(self, address: str, folder: Path) -> None:
        """`address` leads to this ComfyUI from outside, with a path where it has one.

        Raises `InvalidSetting`.
        """
        self.address = parse_address(address)
        self._folder = ServingFolder(folder)
        self._holding = RefCounts()

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> str:
        """Put a copy of the content where it is served and return its address; each call needs one `forget`.

        `content_hash` says which content is the same. Raises `UploadFailed` where it cannot be
        written, or is not what the address gives.
        """
        if content_type not in SUFFIXES:
            raise UploadFailed(
                f"{role} cannot be served: {content_type} is not among {', '.join(SUFFIXES)}."
            )
        held = self._holding.take(content_hash, content_type)
        try:
            size = await asyncio.to_thread(self._place, role, held, content)
            await check(role, self._url(held.name), size)
        except BaseException:
            if self._holding.release(held.name):
                self._drop(held.name)
            raise
        return self._url(held.name)

    def refuse_file(self, role: str) -> None:
        """Any medium can be served."""

    def name_of(self, address: str) -> str | None:
        """The file's name in an address that `upload` returned: the journal keeps it, in the folder that holds the file too."""
        name = address.removeprefix(self._url(""))
        return name if name != address and NAME.fullmatch(name) else None

    async def forget(self, url_or_name: str, *, needed: bool = False) -> None:
        """Serve it no more once its last task is done with it.

        An address from elsewhere, or a file long gone, is left alone.

        `needed` says that the journal knows of another task that lives on it; it counts for what an
        earlier process placed. Raises `UploadFailed` where the disk refuses: by then a task has
        ended, so it is for a log and never in the way of its video.
        """
        name = name_in(url_or_name)
        if name is None or not self._holding.release(name, needed=needed):
            return
        try:
            await asyncio.to_thread(self._folder.remove, name)
        except OSError as error:
            raise UploadFailed(
                f"A file could not be deleted from {self._folder.path} ({error.strerror}): a later"
                " Run removes it, or delete it yourself."
            ) from error

    def _place(self, role: str, held: StoredObject, content: bytes | Path) -> int:
        try:
            size = self._folder.place(held.name, content)
        except OSError as error:
            raise UploadFailed(
                f"{role} could not be copied into {self._folder.path}, where it would be served"
                f" from ({error.strerror}): make the folder writable and free some disk space."
            ) from error
        if not held.holders:  # cancelled meanwhile
            self._drop(held.name)
        return size

    def _drop(self, name: str) -> None:
        with contextlib.suppress(OSError):  # what stays is swept
            self._folder.remove(name)

    def _url(self, name: str) -> str:
        return f"{self.address}{PATH}{name}"
