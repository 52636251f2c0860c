"""Thumbnails: of an image, of frames, and of a video file where its window begins."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from wan27.errors import InvalidInput, InvalidVideo
from wan27.job import Job
from wan27.media.encode.image import encode_image
from wan27.media.encode.thumbnail import thumbnail_of_clip, thumbnail_of_frames
from wan27.media.read.clip import no_op
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of
from wan27.medium import DeferredMedia

from ..make_video import make_video, numbered_frames, numbers_in, turn


def shown(content):
    """Return a thumbnail's pixels, (H, W, 3) float32 in 0..1."""
    with Image.open(io.BytesIO(content)) as opened:
        assert ("JPEG", "RGB") == (opened.format, opened.mode)
        return torch.from_numpy(np.asarray(opened, np.float32) / 255)


def thumbnail_at(path, start_seconds=0.0):
    return thumbnail_of_clip(window_of(probe(path), start_seconds), no_op)


def gradient(height, width):
    """Return a smooth image of strong colors, (1, H, W, 3)."""
    down, across = (
        torch.linspace(0, 1, height)[:, None].expand(height, width),
        torch.linspace(0, 1, width).expand(height, width),
    )
    return torch.stack([across, down, 1 - across], dim=-1)[None]


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(1080, 1920, (144, 256)), (2000, 250, (256, 32)), (100, 60, (100, 60)), (1, 8000, (1, 256))],
)
def test_an_image_has_a_thumbnail(height, width, expected):
    """At most 256 pixels a side, colors within 2 of 255, and never enlarged."""
    image = gradient(height, width)
    thumbnail = shown(encode_image(image, "first_frame").thumbnail)
    assert expected == tuple(thumbnail.shape[:2])
    averaged = torch.nn.functional.interpolate(
        image.movedim(-1, 1), size=expected, mode="area"
    ).movedim(1, -1)[0]
    assert float((thumbnail - averaged).abs().mean()) < 2 / 255


def test_a_thumbnail_is_a_small_file():
    """Also of noise, since one is kept for each task."""
    noise = torch.rand(1, 512, 512, 3, generator=torch.Generator().manual_seed(1))
    assert len(thumbnail_of_frames(gradient(1080, 1920))) < 15_000
    assert len(thumbnail_of_frames(noise)) < 100_000


def test_the_thumbnail_of_frames_is_that_of_the_first():
    """The clip begins with it."""
    batch = torch.cat([gradient(90, 160), torch.zeros(3, 90, 160, 3)])
    assert thumbnail_of_frames(batch[:1]) == thumbnail_of_frames(batch)
    with pytest.raises(InvalidInput, match="clip_frames has no images"):
        thumbnail_of_frames(batch[:0])


@pytest.mark.parametrize(("start_seconds", "number"), [(0.0, 0), (0.5, 15), (1.02, 31)])
def test_the_thumbnail_of_a_clip_is_the_first_frame_of_its_window(numbered, start_seconds, number):
    """The first one whose time is within the window."""
    thumbnail = shown(thumbnail_at(numbered(60, 256, 128), start_seconds))
    assert [number] == numbers_in(thumbnail[None])


def test_the_thumbnail_of_a_turned_clip_is_upright(tmp_path):
    """As the video is meant to be seen."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(3, 256, 128))
    stored = shown(thumbnail_at(path))
    turned = shown(thumbnail_at(turn(path, 1)))
    assert (torch.rot90(stored, 1) - turned).abs().mean() < 2 / 255


def test_a_window_behind_the_end_has_no_thumbnail(numbered):
    """The error names the file and the time."""
    with pytest.raises(InvalidVideo, match=r"clip\.mp4 has no frames from 9\.000 s on"):
        thumbnail_at(numbered(60, 256, 128), 9)


def test_a_thumbnail_is_not_part_of_the_request():
    """Another one is not bought again, and a printed job does not show it."""
    image = encode_image(gradient(300, 400), "first_frame")
    clip = DeferredMedia(lambda _: Path("clip.mp4"), 3.0, "c")
    for role, medium in (("first_frame", image), ("first_clip", clip)):
        with_one, without = (
            Job(media={role: replace(medium, thumbnail=b"a small file")}),
            Job(media={role: replace(medium, thumbnail=b"")}),
        )
        assert without.fingerprint("novita") == with_one.fingerprint("novita")
        assert "a small file" not in repr(with_one)
