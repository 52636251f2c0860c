"""Thumbnails travel inside the request, as `data:` URLs: no bucket, no public address, nothing to clean up.

Upstream documents `data:` for images and refuses it for clips and audio.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from ..errors import InvalidInput
from ..limits import INLINE_IMAGE_BYTES
from ..medium import too_large


class Inline:
    """The way that needs no settings."""

    max_image_bytes = INLINE_IMAGE_BYTES

    async def upload(
        self,
        role: str,
        content: bytes | Path,
        content_type: str,
        content_hash: str,  # noqa: ARG002 - nothing is kept
    ) -> str:
        """Return the picture as a `data:` URL.

        Raises `InvalidInput` for what hosts do not take inside a request.
        """
        if isinstance(content, Path):
            raise _only_pictures(role)
        if len(content) > INLINE_IMAGE_BYTES:
            raise too_large(role, len(content), INLINE_IMAGE_BYTES, content_type=content_type)
        encoded = await asyncio.to_thread(base64.b64encode, content)
        return f"data:{content_type};base64,{encoded.decode('ascii')}"

    def refuse_file(self, role: str) -> None:
        """Thumbnails alone can be sent inside a request."""
        raise _only_pictures(role)

    def name_of(self, address: str) -> None:
        """Nothing was put anywhere."""

    async def forget(self, url_or_name: str, *, needed: bool = False) -> None:
        """Nothing is left anywhere."""


def _only_pictures(role: str) -> InvalidInput:
    return InvalidInput(
        role,
        "is on this computer, and only pictures can be sent inside a request. Set WAN27_UPLOAD to"
        " a bucket of yours (s3://…, gs://…, az://…) or to the public address of this ComfyUI"
        f" (https://…), or give a public address as {role}_url. Nothing was sent.",
    )
