"""A job with all that a request can say, for the body of each protocol."""

from __future__ import annotations

import pytest

from wan27.job import Job
from wan27.medium import ImageFile, Link

IMAGE = ImageFile(data=b"png", width=1280, height=720, content_hash="a")


@pytest.fixture
def full_job():
    """Return a job whose values differ from every default."""
    return Job(
        media={
            "first_frame": IMAGE,
            "last_frame": IMAGE,
            "driving_audio": Link("https://a.example/v.mp3"),
        },
        prompt="a boat",
        negative_prompt="blur",
        resolution="1080P",
        duration=7,
        seed=3,
        prompt_extend=False,
        watermark=True,
    )
