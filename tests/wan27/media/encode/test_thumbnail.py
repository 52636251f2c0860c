"""Small copies: of a picture, of frames, and of a place in a video file."""

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
from wan27.medium import DeferredMedia

from ..make_video import make_video, numbered_frames, numbers_in, turn


def shown(content):
    """The copy's pixels, (H, W, 3) float32 in 0..1."""
    with Image.open(io.BytesIO(content)) as opened:
        assert ("JPEG", "RGB") == (opened.format, opened.mode)
        return torch.from_numpy(np.asarray(opened, np.float32) / 255)


def gradient(height, width):
    """A smooth picture of strong colours, (1, H, W, 3)."""
    down, across = (
        torch.linspace(0, 1, height)[:, None].expand(height, width),
        torch.linspace(0, 1, width).expand(height, width),
    )
    return torch.stack([across, down, 1 - across], dim=-1)[None]


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(1080, 1920, (144, 256)), (2000, 250, (256, 32)), (100, 60, (100, 60)), (1, 8000, (1, 256))],
)
def test_a_picture_brings_its_small_copy(height, width, expected):
    """The longest side is 256 pixels at most, colours stay within 2 of 255, and nothing is blown up."""
    image = gradient(height, width)
    copy = shown(encode_image(image, "first_frame").thumbnail)
    assert expected == tuple(copy.shape[:2])
    averaged = torch.nn.functional.interpolate(
        image.movedim(-1, 1), size=expected, mode="area"
    ).movedim(1, -1)[0]
    assert float((copy - averaged).abs().mean()) < 2 / 255


def test_it_is_small_for_a_photograph_and_bounded_for_noise():
    """Nothing that is kept beside the record of tasks may be large."""
    noise = torch.rand(1, 512, 512, 3, generator=torch.Generator().manual_seed(1))
    assert len(thumbnail_of_frames(gradient(1080, 1920))) < 15_000
    assert len(thumbnail_of_frames(noise)) < 100_000


def test_frames_are_shown_by_the_first_one():
    """Of a batch, the picture that the clip begins with."""
    batch = torch.cat([gradient(90, 160), torch.zeros(3, 90, 160, 3)])
    assert thumbnail_of_frames(batch[:1]) == thumbnail_of_frames(batch)
    with pytest.raises(InvalidInput, match="clip_frames holds no picture"):
        thumbnail_of_frames(batch[:0])


@pytest.mark.parametrize(("start_seconds", "number"), [(0.0, 0), (0.5, 15), (1.02, 31)])
def test_a_clip_is_shown_where_its_window_begins(tmp_path, start_seconds, number):
    """The picture whose time is the first within the window."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(60, 256, 128))
    assert [number] == numbers_in(shown(thumbnail_of_clip(path, start_seconds, lambda: None))[None])


def test_a_turned_clip_is_shown_upright(tmp_path):
    """As the video is meant to be seen."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(3, 256, 128))
    stored = shown(thumbnail_of_clip(path, 0, lambda: None))
    assert (
        torch.rot90(stored, 1) - shown(thumbnail_of_clip(turn(path, 1), 0, lambda: None))
    ).abs().mean() < 2 / 255


def test_behind_the_end_there_is_nothing_to_show(tmp_path):
    """The file and the time are named."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(30, 256, 128))
    with pytest.raises(InvalidVideo, match=r"clip\.mp4 holds no picture from 9\.000 s on"):
        thumbnail_of_clip(path, 9, lambda: None)


def test_a_request_is_the_same_with_and_without_its_copy():
    """A small copy is no part of what is asked: neither does it buy anew, nor does it show up in a printed job."""
    picture = encode_image(gradient(300, 400), "first_frame")
    clip = DeferredMedia(lambda _: Path("clip.mp4"), 3.0, "c")
    for role, medium in (("first_frame", picture), ("first_clip", clip)):
        with_copy, without = (
            Job(media={role: replace(medium, thumbnail=b"copy")}),
            Job(media={role: replace(medium, thumbnail=b"")}),
        )
        assert without.fingerprint("novita", "a") == with_copy.fingerprint("novita", "a")
        assert "copy" not in repr(with_copy)
