"""The matrix of an untagged video, found by the image that was sent.

Never the wrong one, and only where nothing else can explain the difference.
"""

from __future__ import annotations

import functools
import io
import time

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wan27.media.colour.matrix import settle_matrix
from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.encode.image import encode_thumbnail
from wan27.media.read.clip import no_op
from wan27.media.read.orientation import UPRIGHT
from wan27.media.read.probe import probe

from ..decoded import frames_of
from ..make_video import frame_of, make_video, turn

BT709, BT601, UNTAGGED = 1, 5, 2
WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114)}


@functools.lru_cache(maxsize=16)
def scene(width, height, *, seed=1, saturation=1.0):
    """Return an image of soft spots of all colors over a gradient, with grain; uint8 (H, W, 3).

    `saturation` 0 is gray. Not to be changed.
    """
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(30, 226, (6, 8, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    pixels = (
        np.asarray(coarse, float)
        + random.normal(0, 6, (height, width, 1))
        + np.linspace(-20, 20, width)[None, :, None]
    )
    gray = pixels.mean(axis=2, keepdims=True)
    return np.clip(np.rint(gray + (pixels - gray) * saturation), 0, 255).astype(np.uint8)


def frame(pixels, matrix, tag=UNTAGGED):
    """Convert `pixels` (H, W, 3) to yuv420p in limited range, by the definition of the matrix."""
    of_red, of_blue = WEIGHTS[matrix]
    red, green, blue = np.moveaxis(pixels.astype(float), -1, 0)
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    height, width = luma.shape
    chroma = [(blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)]
    halved = [
        128 + plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)) * (224 / 255)
        for plane in chroma
    ]
    planes = [16 + luma * (219 / 255), *halved]
    return frame_of(
        [np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in planes], "yuv420p", tag
    )


def thumbnail(pixels):
    """Return the thumbnail that is kept of an image that was sent."""
    return encode_thumbnail(Image.fromarray(pixels))


def changed(pixels, *, zoom, brightness, contrast, saturation, noise):
    """Change an image as a host may: enlarge the middle, shift the levels, add grain."""
    height, width, _ = pixels.shape
    left, top = width * (1 - zoom) / 2, height * (1 - zoom) / 2
    cropped = Image.fromarray(pixels).resize(
        (width, height), Image.Resampling.BICUBIC, box=(left, top, width - left, height - top)
    )
    values = np.asarray(cropped, float)
    gray = (values @ (0.2126, 0.7152, 0.0722))[..., None]
    values = (gray + (values - gray) * saturation - 128) * contrast + 128 + brightness
    return np.clip(
        np.rint(values + np.random.default_rng(0).normal(0, noise + 1e-9, values.shape)), 0, 255
    ).astype(np.uint8)


def encoded(path, frames, crf=23):
    return make_video(path, frames, options={"crf": str(crf), "preset": "veryfast"})


def two_frames(pixels, matrix, tag=UNTAGGED):
    return [frame(pixels, matrix, tag), frame(pixels[:, ::-1], matrix, tag)]


@pytest.fixture(scope="module", params=[(832, 480), (1280, 720), (1920, 1088), (720, 1280)])
def sent(request):
    """An image, its thumbnail, and the frames of its video by each matrix."""
    pixels = scene(*request.param)
    frames = {matrix: two_frames(pixels, matrix) for matrix in (BT709, BT601)}
    return pixels, thumbnail(pixels), frames


def first_of(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize("crf", [18, 28, 35])
@pytest.mark.parametrize("matrix", [BT709, BT601])
def test_an_untagged_video_has_the_colors_that_were_sent(tmp_path, sent, matrix, crf):
    """At every size and quality, with either matrix, also where players would guess wrongly."""
    pixels, copy, frames_by_matrix = sent
    path = encoded(tmp_path / "clip.mp4", frames_by_matrix[matrix], crf)
    first, clip = first_of(path), probe(path)
    assert (UNTAGGED, matrix) == (int(first.colorspace), settle_matrix(first, UPRIGHT, copy))
    frames = decode_frames(clip, no_op, copy)
    assert abs((frames[0].mul(255).numpy() - pixels).mean(axis=(0, 1))).max() < 0.6
    assert torch.equal(frames[-1:], decode_last_frame(clip, no_op, copy))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    matrix=st.sampled_from([BT709, BT601]),
    sent_saturation=st.floats(0, 1.2),
    zoom=st.floats(0.96, 1),
    brightness=st.floats(-12, 12),
    contrast=st.floats(0.9, 1.1),
    saturation=st.floats(0.85, 1.15),
    noise=st.floats(0, 6),
)
def test_the_wrong_matrix_is_never_found(*, seed, matrix, sent_saturation, **change):
    """However the host cropped, brightened, tinted or coarsened the image: the right or none."""
    pixels = scene(320, 192, seed=seed, saturation=sent_saturation)
    stored = frame(changed(pixels, **change), matrix)
    assert settle_matrix(stored, UPRIGHT, thumbnail(pixels)) in {matrix, None}


@settings(max_examples=60, deadline=None)
@given(
    seeds=st.lists(st.integers(0, 10**6), min_size=2, max_size=2, unique=True),
    matrix=st.sampled_from([BT709, BT601]),
)
def test_another_scene_decides_nothing(seeds, matrix):
    """Where the host drew something else, chance must not decide."""
    shown, sent = (scene(320, 192, seed=seed) for seed in seeds)
    assert None is settle_matrix(frame(shown, matrix), UPRIGHT, thumbnail(sent))


@pytest.mark.parametrize(
    "pixels",
    [
        scene(320, 192, saturation=0),
        np.full((192, 320, 3), 90, np.uint8),
        np.full((192, 320, 3), (200, 30, 30), np.uint8),
    ],
)
def test_an_image_without_evidence_decides_nothing(pixels):
    """Gray looks the same under both, and a single color may have been tinted."""
    for matrix in (BT709, BT601):
        assert None is settle_matrix(frame(pixels, matrix), UPRIGHT, thumbnail(pixels))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_video_that_begins_with_an_empty_frame_decides_nothing(value):
    """Some fade in from a single color."""
    assert None is settle_matrix(
        frame(np.full((192, 320, 3), value, np.uint8), BT601), UPRIGHT, thumbnail(scene(320, 192))
    )


@pytest.fixture(scope="module")
def stored():
    """A small frame, and its thumbnail."""
    pixels = scene(320, 192)
    return frame(pixels, BT601), thumbnail(pixels)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_broken_thumbnail_counts_as_none(stored, data):
    """The file comes from a disk: cut or altered, it raises nothing."""
    first, intact = stored
    content = bytearray(intact)
    for index in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[index] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    assert settle_matrix(first, UPRIGHT, bytes(content)) in {BT601, None}


def test_another_or_huge_file_is_ignored():
    """A thumbnail is a small JPEG file."""
    pixels, png = scene(320, 192), io.BytesIO()
    Image.fromarray(pixels).save(png, format="PNG")
    huge = io.BytesIO()
    Image.fromarray(pixels).resize((3200, 1920)).save(huge, format="JPEG")
    for content in (b"", b"no image", png.getvalue(), huge.getvalue(), None):
        assert None is settle_matrix(frame(pixels, BT601), UPRIGHT, content)


def test_a_tag_always_wins(tmp_path):
    """A tagged file comes out the same, whatever image was sent."""
    pixels = scene(640, 480)
    path = encoded(tmp_path / "clip.mp4", two_frames(pixels, BT601, tag=BT709))
    assert torch.equal(frames_of(path), frames_of(path, thumbnail(pixels)))


def test_without_evidence_the_rule_of_players_applies(tmp_path):
    """A thumbnail that decides nothing changes nothing."""
    path = encoded(tmp_path / "clip.mp4", two_frames(scene(640, 480), BT709))
    assert torch.equal(frames_of(path), frames_of(path, thumbnail(scene(640, 480, seed=2))))
    assert not torch.equal(frames_of(path), frames_of(path, thumbnail(scene(640, 480))))


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_video_is_compared_upright(tmp_path, quarter_turns):
    """The image that was sent is upright, the stored frame need not be."""
    pixels = scene(640, 352)
    frames = two_frames(np.rot90(pixels, -quarter_turns), BT709)
    path = turn(encoded(tmp_path / "clip.mp4", frames), quarter_turns)
    orientation = probe(path).orientation
    assert quarter_turns == orientation.quarter_turns
    assert BT709 == settle_matrix(first_of(path), orientation, thumbnail(pixels))


@pytest.mark.parametrize(
    ("pixel_format", "full"),
    [("yuv422p", False), ("yuv444p", False), ("yuv420p10le", False), ("yuvj420p", True)],
)
def test_every_layout_and_range_is_compared(pixel_format, full):
    """More bits, more chroma and full range give the same answer."""
    pixels = scene(640, 352)
    stored = frame(pixels, BT601).reformat(
        format=pixel_format, dst_color_range=2 if full else 1, src_color_range=1
    )
    stored.colorspace = UNTAGGED
    assert BT601 == settle_matrix(stored, UPRIGHT, thumbnail(pixels))


def test_it_takes_milliseconds():
    """2 to 4 ms are measured for 1080P; ten times that is allowed to a busy machine."""
    pixels = scene(1920, 1088)
    stored, copy = frame(pixels, BT601), thumbnail(pixels)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert BT601 == settle_matrix(stored, UPRIGHT, copy)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.04
