"""The orientation of a file, from the display matrix in its header."""

from __future__ import annotations

import math

import pytest

from wan27.media.read.orientation import UPRIGHT, Orientation
from wan27.media.read.probe import probe

from ..make_video import make_video, numbered_frames, show_by, turn


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Three frames of 128 × 64."""
    return make_video(tmp_path_factory.mktemp("orientation") / "clip.mp4", numbered_frames(3))


def _turned_by(degrees, wider=1.0):
    cos, sin = (function(math.radians(degrees)) for function in (math.cos, math.sin))
    return (cos * wider, -sin, 0, sin * wider, cos, 0, 0, 0, 0x4000)


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_turns_and_mirrors_are_read(video, quarter_turns, is_mirrored):
    """A turned file has its sides swapped when upright, and not as stored."""
    clip = probe(turn(video, quarter_turns, is_mirrored=is_mirrored))
    assert (Orientation(quarter_turns, is_mirrored), 128, 64) == (
        clip.orientation,
        clip.width,
        clip.height,
    )
    assert ((64, 128) if quarter_turns % 2 else (128, 64)) == clip.upright_size


@pytest.mark.parametrize(
    ("degrees", "turns"), [(0.4, 0), (44, 0), (46, 1), (89, 1), (181, 2), (-91, 3), (359, 0)]
)
@pytest.mark.parametrize("wider", [1, 1.5])
def test_other_angles_are_rounded_to_quarter_turns(video, degrees, turns, wider):
    """Also where the matrix stretches the frame, as old QuickTime files do."""
    assert (turns, False) == probe(show_by(video, _turned_by(degrees, wider))).orientation


@pytest.mark.parametrize(
    "matrix",
    [
        (0,) * 9,
        (1, 1, 0, 1, 1, 0, 0, 0, 0x4000),
        (1, 0, 0, 0, 0, 0, 0, 0, 0x4000),
        (0, 0, 0, 0, 0, 0, 5, 7, 0x4000),
        (-32768,) * 9,
        (1, 1, 0, 1, 0.9, 0, 0, 0, 0x4000),
        (-1 / 65536,) * 9,
    ],
)
def test_a_matrix_that_is_no_rotation_is_ignored(video, matrix):
    """Zeros, singular matrices and garbage turn nothing."""
    assert UPRIGHT == probe(show_by(video, matrix)).orientation
