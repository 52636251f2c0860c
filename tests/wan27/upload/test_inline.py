"""Thumbnails inside the request."""

from __future__ import annotations

import base64

import pytest

from wan27.errors import InvalidInput
from wan27.limits import INLINE_IMAGE_BYTES
from wan27.upload.inline import Inline


async def send(content, role="first_frame"):
    return await Inline().upload(role, content, "image/png", "a")


async def test_a_picture_becomes_a_data_url():
    """Its type and its bytes, whole."""
    head, _, tail = (await send(b"x" * INLINE_IMAGE_BYTES)).partition(",")
    assert ("data:image/png;base64", INLINE_IMAGE_BYTES) == (head, len(base64.b64decode(tail)))


async def test_a_picture_that_is_too_large_is_told_with_its_remedies():
    """Input, size, limit, and what to do: never a silent change."""
    with pytest.raises(
        InvalidInput,
        match=(
            r"^last_frame is 10\.1 MB as PNG; at most 10 MB .*Scale Image to Total"
            r" Pixels.*WAN27_UPLOAD"
        ),
    ):
        await send(b"x" * (INLINE_IMAGE_BYTES + 100_000), "last_frame")


async def test_a_file_is_not_sent_inside_a_request(tmp_path):
    """Hosts take pictures alone as data URLs; the ways that work are named."""
    with pytest.raises(
        InvalidInput, match="^first_clip is on this computer, .*WAN27_UPLOAD.*first_clip_url"
    ):
        await send(tmp_path / "clip.mp4", "first_clip")


async def test_nothing_is_left_to_forget():
    """There is no name to record, and forgetting is harmless."""
    url = await send(b"x")
    assert Inline().name_of(url) is None
    assert await Inline().forget(url) is None
