"""Pictures inside the request."""

from __future__ import annotations

import base64

import pytest

from wan27.errors import InvalidInput
from wan27.medium import Picture
from wan27.upload.inline import MAX_BYTES, Inline


def picture(size):
    return Picture(data=b"x" * size, width=4000, height=3000, sha256="a")


async def test_a_picture_becomes_a_data_url():
    """Its type and its bytes, whole."""
    url = await Inline().upload("first_frame", picture(MAX_BYTES))
    head, _, tail = url.partition(",")
    assert ("data:image/png;base64", MAX_BYTES) == (head, len(base64.b64decode(tail)))


async def test_a_picture_that_is_too_large_is_told_with_a_remedy():
    """Input, size, limit, and what to do: never a silent change."""
    with pytest.raises(
        InvalidInput, match=r"^last_frame is 10\.1 MB as PNG \(4000 × 3000 pixels\); at most 10 MB .*Scale Image to Total Pixels"
    ):
        await Inline().upload("last_frame", picture(MAX_BYTES + 100_000))
