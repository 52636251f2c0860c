"""The interface of a way to make local media reachable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Upload:
    """A medium that the host can read at `url`, which may be signed and is never stored.

    `name` is what `Uploader.remove` takes; it is not secret, so the journal keeps it. None: nothing
    was stored anywhere. `notice` is a short sentence for the user, "" for none.
    """

    url: str
    name: str | None = None
    notice: str = ""


def size_of(content: bytes | Path) -> int:
    """Return how many bytes a medium has. Raises `OSError` for a file that cannot be read."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


class Uploader(Protocol):
    """One way. It never sees the API key, and all of its errors come before anything is charged."""

    @property
    def max_image_bytes(self) -> int:
        """The largest image file that it takes."""
        ...

    @property
    def place(self) -> str:
        """Where it stores uploads, for the journal: "s3://bucket/prefix"; "" for nowhere."""
        ...

    @property
    def sends_inline(self) -> bool:
        """Whether images travel inside the request, as `data:` URLs."""
        ...

    def check_file(self, role: str) -> None:
        """Raise `InvalidInput` where it takes no clips and audio, before one is encoded."""
        ...

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> Upload:
        """Return an upload that the host can read while its task runs; each needs one `release`.

        Equal content has an equal `content_hash`. Raises `InvalidInput` or `UploadFailed`.
        """
        ...

    def release(self, name: str, *, needed: bool) -> bool:
        """Count one task less. True: no task needs the upload any more, and `remove` must follow.

        `needed` is whether the journal has another task that needs it; it counts only for an upload
        of an earlier process. False for any other name.
        """
        ...

    async def remove(self, name: str) -> None:
        """Delete an upload; one that is already gone is ignored.

        Raises `UploadFailed`, which is for the log: the task has ended.
        """
        ...
