"""Decoded colors against the ideal conversion (ITU-R BT.601, BT.709, BT.2020).

The ideal is computed in float from the planes in the file.
"""

from __future__ import annotations

import av
import numpy as np
import pytest

from wan27.media.colour.rgb import RgbConverter, matrix_of, range_of

from ..decoded import frames_of
from ..make_video import LOSSLESS, frame_of, make_video

BT709, UNTAGGED, BT470BG, SMPTE170M, SMPTE240M, BT2020 = 1, 2, 5, 6, 7, 9  # FFmpeg's AVColorSpace
NO_RANGE, LIMITED, FULL = 0, 1, 2  # and AVColorRange
WEIGHTS = {
    BT709: (0.2126, 0.0722),
    BT470BG: (0.299, 0.114),
    SMPTE170M: (0.299, 0.114),
    SMPTE240M: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
}

CASES = [
    # pixel format, width, height, matrix tag, range tag -> the matrix and the range that are right
    ("yuv420p", 128, 64, BT709, LIMITED, BT709, LIMITED),
    ("yuv420p", 128, 64, SMPTE170M, LIMITED, SMPTE170M, LIMITED),
    ("yuv420p", 512, 256, BT470BG, FULL, BT470BG, FULL),
    ("yuv420p", 512, 256, BT709, FULL, BT709, FULL),
    ("yuv420p", 128, 64, SMPTE240M, LIMITED, SMPTE240M, LIMITED),
    ("yuv420p", 128, 64, BT2020, LIMITED, BT2020, LIMITED),
    ("yuv420p", 128, 576, UNTAGGED, NO_RANGE, SMPTE170M, LIMITED),
    ("yuv420p", 64, 592, UNTAGGED, NO_RANGE, BT709, LIMITED),
    ("yuv420p", 1280, 32, UNTAGGED, NO_RANGE, BT709, LIMITED),
    ("yuv420p", 1264, 32, UNTAGGED, LIMITED, SMPTE170M, LIMITED),
    ("yuv420p", 1280, 32, SMPTE170M, LIMITED, SMPTE170M, LIMITED),
    ("yuv420p", 1103, 829, UNTAGGED, NO_RANGE, BT709, LIMITED),
    ("yuv422p", 127, 65, BT709, LIMITED, BT709, LIMITED),
    ("yuv444p", 127, 65, BT709, LIMITED, BT709, LIMITED),
    ("yuv444p", 127, 65, SMPTE170M, FULL, SMPTE170M, FULL),
    ("yuv420p10le", 128, 64, BT709, LIMITED, BT709, LIMITED),
    ("yuv420p10le", 127, 65, BT2020, LIMITED, BT2020, LIMITED),
    ("yuv444p10le", 128, 64, SMPTE170M, LIMITED, SMPTE170M, LIMITED),
]


def _noise(pixel_format, width, height, *, tag, tagged_range, seed):
    """Return a frame of noise within the colors that RGB has.

    Where chroma is subsampled it is flat in blocks of 16 x 16 pixels.
    """
    random = np.random.default_rng(seed)
    layout = av.VideoFrame(width, height, pixel_format)
    step, kind = (4, np.uint16) if "10" in pixel_format else (1, np.uint8)
    planes = [random.integers(60 * step, 190 * step, (height, width)).astype(kind)]
    for plane in layout.planes[1:]:
        across, down = 16 * plane.width // width, 16 * plane.height // height
        flat = random.integers(100 * step, 156 * step, (height // 16 + 1, width // 16 + 1))
        planes.append(
            np.kron(flat, np.ones((down or 1, across or 1)))[: plane.height, : plane.width].astype(
                kind
            )
        )
    return frame_of(planes, pixel_format, tag, tagged_range)


def _ideal(frame, matrix, color_range):
    """Return (H, W, 3) in 0..255, not rounded; chroma is repeated, exact inside of its blocks."""
    ten_bits = "10" in frame.format.name
    top, kind = (1023, np.uint16) if ten_bits else (255, np.uint8)
    step = 4 if ten_bits else 1
    y, u, v = (_whole(plane, kind, frame) for plane in frame.planes)
    if color_range == FULL:
        luma, blue, red = y / top, (u - 128 * step) / top, (v - 128 * step) / top
    else:
        luma, blue, red = (
            (y - 16 * step) / (219 * step),
            (u - 128 * step) / (224 * step),
            (v - 128 * step) / (224 * step),
        )
    of_red, of_blue = WEIGHTS[matrix]
    r, b = luma + 2 * (1 - of_red) * red, luma + 2 * (1 - of_blue) * blue
    g = (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue)
    return np.stack([r, g, b], axis=-1).clip(0, 1) * 255


def _whole(plane, kind, frame):
    lines = (
        np.frombuffer(memoryview(plane), kind)
        .reshape(plane.height, -1)[:, : plane.width]
        .astype(float)
    )
    down, across = round(frame.height / plane.height), round(frame.width / plane.width)
    return np.kron(lines, np.ones((down, across)))[: frame.height, : frame.width]


def _inside(pixels):
    """Return what is at least 4 pixels from the next chroma block: there interpolation varies."""
    rows, columns = np.arange(pixels.shape[0]) % 16, np.arange(pixels.shape[1]) % 16
    return pixels[np.ix_((rows >= 4) & (rows < 12), (columns >= 4) & (columns < 12))]


def _assert_close(ideal, pixels):
    difference = _inside(pixels * 255.0 - ideal)
    assert np.abs(difference).max() <= 1
    assert np.abs(difference.mean(axis=(0, 1))).max() <= 0.1


@pytest.mark.parametrize(
    ("pixel_format", "width", "height", "tag", "tagged_range", "matrix", "color_range"), CASES
)
def test_colors_are_exact(
    tmp_path, *, pixel_format, width, height, tag, tagged_range, matrix, color_range
):
    """Every layout, tag and size comes out as its definition says, to rounding."""
    frame = _noise(pixel_format, width, height, tag=tag, tagged_range=tagged_range, seed=1)
    path = make_video(tmp_path / "clip.mkv", [frame], codec="ffv1", options={"level": "3"})
    with av.open(str(path)) as container:
        stored = next(container.decode(video=0))
    assert (tag, tagged_range) == (stored.colorspace, stored.color_range)
    _assert_close(_ideal(stored, matrix, color_range), frames_of(path)[0].numpy())


@pytest.mark.parametrize("tag", [UNTAGGED, BT709])
def test_full_range_jpeg_colors(tmp_path, tag):
    """What cameras write, yuvj420p, spans 0 to 255."""
    frame = _noise("yuvj420p", 1280, 128, tag=tag, tagged_range=FULL, seed=2)
    path = make_video(tmp_path / "clip.mp4", [frame], options=LOSSLESS)
    with av.open(str(path)) as container:
        stored = next(container.decode(video=0))
    assert "yuvj420p" == stored.format.name
    _assert_close(_ideal(stored, BT709, FULL), frames_of(path)[0].numpy())


def test_black_is_0_and_white_is_1(tmp_path):
    """Limited black is 16 and limited white 235: nothing is darkened."""
    gray = np.full((32, 64), 128, np.uint8)[::2, ::2]
    frames = [
        frame_of([np.full((32, 64), luma, np.uint8), gray, gray], "yuv420p", BT709, LIMITED)
        for luma in (16, 235)
    ]
    decoded = frames_of(make_video(tmp_path / "clip.mp4", frames, options=LOSSLESS))
    assert [(0.0, 0.0), (1.0, 1.0)] == [
        (float(frame.min()), float(frame.max())) for frame in decoded
    ]


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"),
    [
        ("clip.mp4", "libx264rgb", "bgr24", LOSSLESS),
        ("clip.mkv", "ffv1", "bgr0", {}),
        ("clip.mov", "png", "rgb24", {}),
        ("clip.avi", "rawvideo", "bgr24", {}),
    ],
)
def test_rgb_passes_unchanged(tmp_path, name, codec, pixel_format, options):
    """RGB has no matrix: its bytes are the pixels."""
    pixels = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format)
    path = make_video(tmp_path / name, [frame], codec=codec, options=options)
    assert (pixels == frames_of(path)[0].mul(255).round().byte().numpy()).all()


@pytest.mark.parametrize(
    ("width", "height", "hd"),
    [(1279, 576, False), (1280, 2, True), (2, 577, True), (720, 576, False), (4096, 4096, True)],
)
def test_an_untagged_matrix_depends_on_the_size(width, height, hd):
    """The rule of the players: HD from 1280 across or above 576 lines."""
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.colorspace = UNTAGGED
    assert (1 if hd else 5) == matrix_of(frame)


@pytest.mark.parametrize(
    ("pixel_format", "tag", "expected"),
    [("yuv420p", 0, LIMITED), ("yuv420p", 1, LIMITED), ("yuv420p", 2, FULL), ("yuvj420p", 0, FULL)],
)
def test_the_range_is_limited_unless_the_file_says_full(pixel_format, tag, expected):
    """By a tag or by the format itself."""
    frame = av.VideoFrame(16, 16, pixel_format)
    frame.color_range = tag
    assert expected == range_of(frame)


def test_the_frame_keeps_its_own_tags():
    """Converting a frame leaves the frame as it was."""
    frame = _noise("yuv420p", 128, 64, tag=BT709, tagged_range=LIMITED, seed=4)
    assert "rgb24" == RgbConverter().convert(frame).format.name
    assert (BT709, LIMITED, "yuv420p") == (frame.colorspace, frame.color_range, frame.format.name)
