"""The simulated video: its size, length, colors, audio, and its first and last frame."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from wan27.simulator.render import Order, render
from wan27.simulator.render.encode import output_size
from wan27.simulator.render.mark import mark
from wan27.simulator.render.still import still_from_image

from .video_content import count_frames, decoded, distance, scaled


@pytest.mark.parametrize(
    ("size", "resolution", "expected"),
    [
        ((750, 1000), "720P", (816, 1104)),
        ((1280, 720), "720P", (1280, 720)),
        ((640, 360), "1080P", (1920, 1072)),
        ((1080, 1920), "1080P", (1072, 1920)),
        ((512, 512), "720P", (960, 960)),
        ((8000, 1000), "720P", (2704, 336)),
    ],
)
def test_the_size_follows_the_tier_and_the_aspect(size, resolution, expected):
    """The documented example, plain ratios and an extreme one; 1080 is not a multiple of 16."""
    assert expected == output_size(*size, resolution)


def test_the_file_is_what_the_host_makes(between):
    """H.264 yuv420p, tagged BT.709 limited range, 30 fps, exactly two seconds, the tier's size."""
    with av.open(str(between)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert ("h264", "yuv420p", 30, 60) == (
            context.name,
            context.pix_fmt,
            stream.average_rate,
            stream.frames,
        )
        assert (1, 1, 1, 1) == (
            context.colorspace,
            context.color_primaries,
            context.color_trc,
            context.color_range,
        )
        assert (1280, 704) == (stream.width, stream.height)
        assert 2.0 == float(stream.duration * stream.time_base)
    assert 60 == count_frames(between)


def test_it_begins_and_ends_at_the_images(between, first, last):
    """The first and the last frame are the given images in their colors; those between are not."""
    frames = decoded(between, 0, 30, -1)
    begin, end = scaled(first, (1280, 704)), scaled(last, (1280, 704))
    assert distance(frames[0], begin) < 2
    assert distance(frames[-1], end) < 2
    assert distance(frames[1], begin) > 10
    assert distance(frames[1], end) > 10
    shift = (frames[0].astype(float) - begin)[:500].mean(axis=(0, 1))
    assert np.abs(shift).max() < 0.5


def test_the_mark_is_there_and_the_watermark_is_a_second_one(folder, first, between):
    """Lower left always, lower right on request; dark plates with bright words."""
    path = folder / "marked.mp4"
    render(Order({"first_frame": first}, "720P", 1, watermark=True), path)
    plain, marked, image = *decoded(between, 0), *decoded(path, 0), scaled(first, (1280, 704))
    left, right = (slice(-60, -20), slice(20, 180)), (slice(-60, -20), slice(-180, -20))
    for frame, corner, is_marked in (
        (plain, left, True),
        (plain, right, False),
        (marked, left, True),
        (marked, right, True),
    ):
        assert is_marked == (np.abs(frame[corner].astype(float) - image[corner]).mean() > 20)


def test_a_continuation_begins_with_the_clip_and_keeps_the_total_length(folder, between, first):
    """The clip's 60 frames, then 30 more from its last one to the last image: 3 s, not 5."""
    path = folder / "on.mp4"
    render(Order({"first_clip": between, "last_frame": first}, "720P", 3, watermark=False), path)
    clip, (*beginning, after, end) = decoded(between, 0, 30, 59), decoded(path, 0, 30, 59, 60, -1)
    assert 90 == count_frames(path)
    assert [True] * 3 == [distance(*pair) < 2 for pair in zip(beginning, clip, strict=True)]
    assert distance(after, clip[-1]) < 4
    assert distance(end, scaled(first, (1280, 704))) < 2


def test_a_clip_of_another_rate_range_and_matrix_keeps_time_and_color(folder):
    """15 fps become 30 by showing each frame twice, and BT.601 in SD becomes BT.709."""
    source, path = folder / "sd.mp4", folder / "sd_on.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=15, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 480, 480, "yuv420p"
        for index in range(30):
            frame = av.VideoFrame.from_ndarray(
                np.full((480, 480, 3), (200, 40 + 6 * index, 30), np.uint8), format="rgb24"
            )
            container.mux(
                stream.encode(
                    frame.reformat(
                        format="yuv420p", src_colorspace="ITU601", dst_colorspace="ITU601"
                    )
                )
            )
        container.mux(stream.encode(None))
    render(Order({"first_clip": source}, "720P", 2, watermark=False), path)
    indices = (0, 1, 20, 21, 59)
    frames = decoded(path, *indices)
    assert (60, (960, 960, 3)) == (count_frames(path), frames[0].shape)
    for index, frame in zip(indices, frames, strict=True):
        assert np.abs(frame[100, 100].astype(int) - (200, 40 + 6 * (index // 2), 30)).max() <= 3


def test_a_longer_clip_is_cut_to_the_duration(folder, film):
    """The total is the duration, however long the clip is."""
    path = folder / "cut.mp4"
    render(Order({"first_clip": film}, "720P", 1, watermark=False), path)
    assert 30 == count_frames(path)


def test_images_of_another_aspect_are_cropped_not_squeezed(folder, first):
    """A last image in portrait fills a landscape video."""
    tall = folder / "tall.png"
    image = Image.new("RGB", (400, 800), (10, 10, 10))
    image.paste((250, 250, 250), (0, 390, 400, 410))
    image.save(tall)
    path = folder / "tall.mp4"
    render(Order({"first_frame": first, "last_frame": tall}, "720P", 1, watermark=False), path)
    bright = decoded(path, -1)[0][:, 640, 0] > 128
    assert 64 == pytest.approx(bright.sum(), abs=4)


def test_conversion_to_planes_is_bt709():
    """Black, white and the primaries have the values of the standard."""
    colors = {
        (0, 0, 0): (16, 128, 128),
        (255, 255, 255): (235, 128, 128),
        (255, 0, 0): (63, 102, 240),
        (0, 255, 0): (173, 42, 26),
        (0, 0, 255): (32, 240, 118),
    }
    for color, expected in colors.items():
        still = still_from_image(Image.new("RGB", (16, 16), color), (16, 16))
        assert expected == tuple(plane.getpixel((5, 5)) for plane in still.planes)


def test_the_mark_leaves_the_given_image_alone():
    """It works on a copy."""
    still = still_from_image(Image.new("RGB", (320, 320), (200, 0, 0)), (320, 320))
    before = [plane.tobytes() for plane in still.planes]
    assert before != [plane.tobytes() for plane in mark("SIMULATED", (320, 320)).over(still).planes]
    assert before == [plane.tobytes() for plane in still.planes]
