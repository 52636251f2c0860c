"""A cancel during an upload leaves no uploads behind."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from dataclasses import dataclass, field

import pytest

from wan27 import errors
from wan27.generate import submit
from wan27.medium import DeferredMedia
from wan27.upload.uploader import Upload


@dataclass
class FakeBucket:
    """An uploader that records its objects; `stall` is the role whose upload never ends."""

    stall: str
    objects: list = field(default_factory=list)
    max_image_bytes = 10**7
    place = "s3://example"

    async def upload(self, role, content, content_type, sha256):  # noqa: ARG002
        if role == self.stall:
            await asyncio.sleep(3600)
        self.objects.append(name := f"{role}-{sha256[:6]}")
        return Upload(f"https://bucket.example/{name}", name)

    def check_file(self, role):
        pass

    def release(self, name, *, needed):  # noqa: ARG002
        return True

    async def remove(self, name):
        self.objects.remove(name)


async def test_a_cancel_between_two_uploads_deletes_the_first(make_session, make_job, image):
    """It is deleted in the background, because the node no longer waits."""
    bucket = FakeBucket(stall="last_frame")
    running = asyncio.create_task(
        submit(
            make_job(media={"first_frame": image, "last_frame": image}),
            make_session(uploader=bucket),
        )
    )
    while not bucket.objects:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for thread in threading.enumerate():
        if thread.name == "wan27-delete-uploads":
            await asyncio.to_thread(thread.join, 5)
    assert [] == bucket.objects


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
async def test_a_sound_that_cannot_be_written_is_a_sentence(
    make_session, make_job, image, simulator, number
):
    """FFmpeg's error or Python's; what was uploaded before it is deleted, and nothing is sent."""

    def make(_check):
        raise OSError(number, os.strerror(number), "driving_audio.wav")

    bucket = FakeBucket(stall="")
    sound = DeferredMedia(make=make, seconds=2.0, content_hash="ab")
    job = make_job(media={"first_frame": image, "driving_audio": sound})
    with pytest.raises(errors.NoRoom) as error:
        await submit(job, make_session(uploader=bucket))
    assert f"driving_audio could not be made as a file ({os.strerror(number)})" in str(error.value)
    assert str(error.value).endswith("Nothing was sent.")
    assert ([], []) == (bucket.objects, simulator.submissions)
