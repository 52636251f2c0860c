"""Images inside the request."""

from __future__ import annotations

import base64

import pytest

from wan27.errors import InvalidInput
from wan27.limits import INLINE_IMAGE_BYTES
from wan27.upload.inline import Inline


async def send(content, role="first_frame"):
    return await Inline().upload(role, content, "image/png", "a")


async def test_an_image_becomes_a_data_url():
    """The largest that is allowed, with its type and all of its bytes."""
    head, _, tail = (await send(b"x" * INLINE_IMAGE_BYTES)).url.partition(",")
    assert ("data:image/png;base64", INLINE_IMAGE_BYTES) == (head, len(base64.b64decode(tail)))


async def test_an_image_that_is_too_large_is_refused_with_remedies():
    """The error has input, size, limit and what to do; nothing is changed silently."""
    with pytest.raises(
        InvalidInput,
        match=(
            r"^last_frame is 10\.1 MB as PNG; at most 10 MB .*Scale Image to Total"
            r" Pixels.*Upload via"
        ),
    ):
        await send(b"x" * (INLINE_IMAGE_BYTES + 100_000), "last_frame")


async def test_a_file_is_not_sent_inside_a_request(tmp_path):
    """Hosts take only images as data URLs; the error names the ways that work."""
    with pytest.raises(
        InvalidInput, match="^first_clip is a local file, .*Upload via.*first_clip_url"
    ):
        await send(tmp_path / "clip.mp4", "first_clip")


async def test_nothing_is_stored():
    """There is no name to record, and nothing to delete."""
    assert (await send(b"x")).name is None
    assert not Inline().release("x", needed=False)
