"""What a way to make media reachable must be able to do, and which one the user's settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..errors import InvalidSetting
from .bucket import Bucket
from .cloud import CLOUDS
from .inline import Inline
from .serve import Serve


class Uploader(Protocol):
    """One way to make local media reachable.

    It never sees the API key, and what it raises comes before money has moved.
    """

    @property
    def max_image_bytes(self) -> int:
        """The largest picture that this way takes, in bytes of its file."""
        ...

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> str:
        """Return an address that the host can read for as long as the task lives; each call needs one `forget`.

        `content_hash` says which content is the same. Raises `InvalidInput` or `UploadFailed`.
        """
        ...

    def refuse_file(self, role: str) -> None:
        """Raise `InvalidInput` where a clip or a sound cannot be sent this way: asked before one is encoded, which may take a minute."""
        ...

    def name_of(self, address: str) -> str | None:
        """Under which name `forget` knows what `upload` put there; None where nothing was put anywhere.

        No secret: it is recorded.
        """
        ...

    async def forget(self, url_or_name: str, *, needed: bool = False) -> None:
        """Remove what `upload` put there once its task has ended; `needed` where another task of an earlier process still lives on it."""
        ...


def choose_uploader(value: str | None, timeout_seconds: float, serving: Path) -> Uploader:
    """Return the way that WAN27_UPLOAD names; unset means inside the request.

    Raises `InvalidSetting` for what it cannot be.

    `serving` is the folder whose files ComfyUI serves.
    """
    if value is None or not value.strip():
        return Inline()
    scheme = value.strip().partition("://")[0]
    if scheme in CLOUDS:
        return Bucket.from_url(value.strip(), timeout_seconds=timeout_seconds)
    if scheme.lower() in {"http", "https"}:
        return Serve(value, serving)
    # Not quoted: people have been seen to put keys into such addresses.
    raise InvalidSetting(
        "WAN27_UPLOAD cannot be used: give s3://bucket/prefix, gs://bucket/prefix or"
        " az://container/prefix, or the public address of this ComfyUI (https://…), or unset it to"
        " send pictures inside the request."
    )
