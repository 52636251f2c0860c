"""Can a video be that of a request? Length, tier, shape and first frame are compared."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from wan27.media.encode.image import encode_thumbnail
from wan27.media.read.fit import Order, begins_with, difference
from wan27.media.read.orientation import Orientation
from wan27.media.read.probe import probe
from wan27.simulator.render.encode import output_size

from ..make_video import make_video, turn

SCENE = np.zeros((240, 320, 3), np.uint8)
SCENE[:, :, 0] = np.linspace(0, 255, 320, dtype=np.uint8)
SCENE[60:120, 200:300] = 255


def thumbnail_of(pixels):
    """Return the JPEG file that the journal keeps of an image."""
    return encode_thumbnail(Image.fromarray(np.ascontiguousarray(pixels)))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds of the scene, 320 × 240."""
    frames = [
        av.VideoFrame.from_ndarray(SCENE, format="rgb24").reformat(format="yuv420p")
        for _ in range(60)
    ]
    return probe(make_video(tmp_path_factory.mktemp("fit") / "scene.mp4", frames))


@pytest.mark.parametrize("resolution", ["720P", "1080P"])
@pytest.mark.parametrize("aspect", [1 / 8, 0.13, 9 / 16, 0.75, 1, 4 / 3, 16 / 9, 2.39, 7.6, 8])
def test_each_size_that_a_host_may_return_fits_its_own_request(clip, aspect, resolution):
    """Sides are rounded to multiples of 16, and thumbnails to whole pixels."""
    size = round(1000 * aspect), 1000
    width, height = output_size(*size, resolution)
    video = replace(clip, width=width, height=height, seconds=5.04)
    order = Order(5, resolution, encode_thumbnail(Image.new("RGB", size)))
    assert "" == difference(video, order)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seconds": 10.03}, "10 s of 720P and this request asked for 5 s of 720P"),
        ({"seconds": 4.0}, "4 s of 720P and this request asked for 5 s of 720P"),
        (
            {"width": 1920, "height": 1080, "seconds": 10},
            "10 s of 1080P and this request asked for 5 s of 720P",
        ),
        (
            {"width": 1088, "height": 832},
            "5 s of 720P at 1.31:1 and this request asked for 5 s of 720P at 1.78:1",
        ),
        (
            {"orientation": Orientation(1)},
            "5 s of 720P at 0.56:1 and this request asked for 5 s of 720P at 1.78:1",
        ),
    ],
)
def test_what_differs_is_named(clip, changes, words):
    """The person sees at once why a video is not that of a request."""
    order = Order(5, "720P", encode_thumbnail(Image.new("RGB", (1280, 720))))
    video = replace(clip, **{"width": 1280, "height": 720, "seconds": 5.0, **changes})
    assert words == difference(video, order)


@pytest.mark.parametrize("thumbnail", [b"", b"not a JPEG file", b"\xff\xd8\xff\xe0cut"])
def test_what_is_not_known_differs_from_nothing_and_agrees_with_nothing(clip, thumbnail):
    """A request whose image is a URL has no thumbnail; forgotten details have no resolution."""
    assert "" == difference(clip, Order(0, "", thumbnail))
    assert not begins_with(clip, thumbnail)


def test_a_video_begins_with_its_own_image_alone(clip):
    """Not with another one, its mirror image, or an image without contrast."""
    assert begins_with(clip, thumbnail_of(SCENE))
    for other in (SCENE[:, ::-1], SCENE[::-1], 255 - SCENE, np.full_like(SCENE, 90)):
        assert not begins_with(clip, thumbnail_of(other))


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_first_frame_of_a_turned_video_is_compared_upright(clip, tmp_path, is_mirrored):
    """As the person who sent the image sees it."""
    path = tmp_path / "turned.mp4"
    path.write_bytes(clip.path.read_bytes())
    turned = probe(turn(path, 1, is_mirrored=is_mirrored))
    upright = np.rot90(SCENE[:, ::-1] if is_mirrored else SCENE)
    assert begins_with(turned, thumbnail_of(upright))
    assert not begins_with(turned, thumbnail_of(np.rot90(upright, 2)))


def test_a_file_that_is_gone_begins_with_nothing(clip, tmp_path):
    """It fails no paid task."""
    assert not begins_with(replace(clip, path=tmp_path / "gone.mp4"), thumbnail_of(SCENE))
