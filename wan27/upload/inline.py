"""Pictures travel inside the request, as `data:` URLs: no bucket, no public address, nothing to clean up.

Upstream documents `data:` for pictures and refuses it for clips and sound; the three hosts document it for the sister model wan2.6
(https://novita.ai/docs/api-reference/model-apis-wan2.6-i2v, at most 10 MB) and say nothing of it for wan2.7.
"""

from __future__ import annotations

import asyncio
import base64

from ..errors import InvalidInput
from ..limits import MEGABYTE
from ..medium import Picture

MAX_BYTES = 10 * MEGABYTE


class Inline:
    """The way that needs no settings."""

    async def upload(self, role: str, picture: Picture) -> str:
        """Return the picture as a `data:` URL. Raises `InvalidInput` where its PNG is larger than hosts take inside a request."""
        if len(picture.data) > MAX_BYTES:
            raise InvalidInput(
                role,
                f"is {len(picture.data) / MEGABYTE:.1f} MB as PNG ({picture.width} × {picture.height} pixels); at most "
                f"{MAX_BYTES // MEGABYTE} MB can be sent inside a request. Make it smaller first, for example with "
                '"Scale Image to Total Pixels": 2 megapixels are all that 1080P shows. Nothing was sent.',
            )
        return await asyncio.to_thread(_data_url, picture)


def _data_url(picture: Picture) -> str:
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode('ascii')}"
