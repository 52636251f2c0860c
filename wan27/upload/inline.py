"""Images inside the request, as `data:` URLs: no bucket, no public address, nothing to delete.

Upstream documents `data:` for images and refuses it for clips and audio.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from ..errors import InvalidInput
from ..limits import INLINE_IMAGE_BYTES
from ..medium import too_large
from .uploader import Upload

_BLOCK_BYTES = 3 * 256 * 1024  # of three bytes each, so that nothing is padded in the middle


class Inline:
    """The way that needs no settings."""

    max_image_bytes = INLINE_IMAGE_BYTES
    place = ""
    sends_inline = True

    def check_file(self, role: str) -> None:
        """Refuse any file."""
        raise _images_only(role)

    async def upload(
        self,
        role: str,
        content: bytes | Path,
        content_type: str,
        content_hash: str,  # noqa: ARG002 - nothing is stored
    ) -> Upload:
        """Return an image as a `data:` URL. Raises `InvalidInput` for a file or a large image."""
        if isinstance(content, Path):
            raise _images_only(role)
        if len(content) > INLINE_IMAGE_BYTES:
            raise too_large(role, len(content), INLINE_IMAGE_BYTES, content_type=content_type)
        return Upload(await asyncio.to_thread(_data_url, content, content_type))

    def release(self, name: str, *, needed: bool) -> bool:  # noqa: ARG002 - as above
        """Return False: there is nothing to remove."""
        return False

    async def remove(self, name: str) -> None:
        """Do nothing: nothing is stored."""


def _data_url(content: bytes, content_type: str) -> str:
    """Return the content as a URL, block by block: one call keeps all other threads waiting."""
    starts = range(0, len(content), _BLOCK_BYTES)
    blocks = (base64.b64encode(content[at : at + _BLOCK_BYTES]).decode("ascii") for at in starts)
    return f"data:{content_type};base64,{''.join(blocks)}"


def _images_only(role: str) -> InvalidInput:
    return InvalidInput(
        role,
        "is a local file, and only images can be sent inside a request. Set WAN27_UPLOAD in the"
        " settings to your own bucket (s3://…, gs://…, az://…) or to the public address of this"
        f" ComfyUI (https://…), or give a public URL as {role}_url.",
    )
