"""Pictures travel inside the request, as `data:` URLs: no bucket, no public address, nothing to clean up.

Upstream documents `data:` for pictures and refuses it for clips and sound; the three hosts document it for the sister model wan2.6
(https://novita.ai/docs/api-reference/model-apis-wan2.6-i2v, at most 10 MB) and say nothing of it for wan2.7.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from ..errors import InvalidInput
from ..limits import MEGABYTE

MAX_BYTES = 10 * MEGABYTE


class Inline:
    """The way that needs no settings."""

    async def upload(self, role: str, content: bytes | Path, content_type: str, sha256: str) -> str:  # noqa: ARG002 - nothing is kept
        """Return the picture as a `data:` URL. Raises `InvalidInput` for what hosts do not take inside a request."""
        if isinstance(content, Path):
            raise _only_pictures(role)
        if len(content) > MAX_BYTES:
            raise InvalidInput(
                role,
                f"is {len(content) / MEGABYTE:.1f} MB as PNG; at most {MAX_BYTES // MEGABYTE} MB can be sent inside a request. Make it "
                'smaller first, for example with "Scale Image to Total Pixels" (2 megapixels are all that 1080P shows), or set WAN27_UPLOAD '
                "to a bucket of yours. Nothing was sent.",
            )
        encoded = await asyncio.to_thread(base64.b64encode, content)
        return f"data:{content_type};base64,{encoded.decode('ascii')}"

    def refuse_file(self, role: str) -> None:
        """Pictures alone can be sent inside a request."""
        raise _only_pictures(role)

    def name_of(self, address: str) -> None:
        """Nothing was put anywhere."""

    async def forget(self, url_or_name: str, *, needed: bool = False) -> None:
        """Nothing is left anywhere."""


def _only_pictures(role: str) -> InvalidInput:
    return InvalidInput(
        role,
        "is on this computer, and only pictures can be sent inside a request. Set WAN27_UPLOAD to a bucket of yours "
        f"(s3://…, gs://…, az://…), or give a public address as {role}_url. Nothing was sent.",
    )
