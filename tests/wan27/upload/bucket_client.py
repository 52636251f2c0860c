"""What a test does with an upload: send it, read it as a stranger, see it fail."""

from __future__ import annotations

import re

import httpx
import pytest

from wan27.errors import UploadFailed
from wan27.upload.bucket import Bucket

ADDRESS = "s3://media/wan27/in"


async def upload(url=ADDRESS, content=b"png", role="first_frame", content_type="image/png"):
    """Upload to a new Bucket and return the URL."""
    return (await Bucket.from_url(url).upload(role, content, content_type, "1")).url


def upload_image(bucket):
    """Upload the same image as `upload`."""
    return bucket.upload("first_frame", b"png", "image/png", "1")


async def get(url, headers=None, **options):
    """Read a URL without credentials, as the host does."""
    async with httpx.AsyncClient(**{"trust_env": False, "timeout": 60} | options) as client:
        return await client.get(url, headers=headers)


async def failure(call):
    """Return the message of a failing upload, which must be one sentence without a secret."""
    with pytest.raises(UploadFailed) as caught:
        await call
    message = str(caught.value)
    sentence = message.removesuffix(" Nothing was sent.")
    assert (0, True) == (sentence.count(". "), sentence.endswith("."))
    assert not re.search(r"canary|echo|<|Debug|Signature=", message)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message
