"""The API's rules for a clip, and which files are sent unchanged."""

from __future__ import annotations

import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from PIL import Image

from wan27.errors import InvalidInput, InvalidVideo
from wan27.limits import MEDIA, MEGABYTE
from wan27.media.encode import prepare
from wan27.media.encode.prepare import check_clip, check_source, prepare_clip, prepare_frames
from wan27.media.read.clip import Clip, no_op
from wan27.media.read.orientation import UPRIGHT, Orientation
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..make_video import cut, make_video, numbered_frames, trim

CLIP = Clip(
    path=Path("clip.mp4"),
    width=1280,
    height=720,
    orientation=UPRIGHT,
    frame_count=150,
    fps=Fraction(30),
    time_unit=Fraction(1, 15360),
    start_seconds=0.0,
    seconds=5.0,
    declared_seconds=5.0,
    last_key_time=0,
    broken_packets=0,
    has_audio=False,
    codec="h264",
    container="mov,mp4,m4a,3gp,3g2,mj2",
)


@pytest.fixture(scope="module")
def legal(tmp_path_factory):
    """Three seconds that the API takes."""
    return make_video(
        tmp_path_factory.mktemp("legal") / "clip.mp4",
        numbered_frames(72, 256, 240),
        fps=24,
        options={"g": "12"},
    )


def _source(path, start_seconds=0.0, duration_seconds=0.0):
    return check_source(window_of(probe(path), start_seconds, duration_seconds))


def _reason(path):
    return _source(path).reason


@pytest.mark.parametrize(
    ("change", "size_bytes"),
    [
        ({}, 1),
        ({"width": 240, "height": 240}, 1),
        ({"width": 4096, "height": 512}, 1),
        ({"width": 512, "height": 4096, "orientation": Orientation(1)}, 1),
        ({"seconds": 2.0}, 1),
        ({"seconds": 10.001}, 100 * MEGABYTE),
    ],
)
def test_clips_within_the_rules_pass(change, size_bytes):
    """The limits themselves are allowed, and so is a millisecond of rounding."""
    check_clip(replace(CLIP, **change), size_bytes)


@pytest.mark.parametrize(
    ("change", "size_bytes", "message"),
    [
        ({"width": 238}, 1, "first_clip is 238 × 720 pixels; each side must be 240 to 4096"),
        ({"height": 4098}, 1, "first_clip is 1280 × 4098 pixels"),
        ({"width": 238, "orientation": Orientation(1)}, 1, "first_clip is 720 × 238 pixels"),
        (
            {"width": 2400, "height": 298},
            1,
            "first_clip is 2400 × 298 pixels; width to height must be 1:8 to 8:1",
        ),
        ({"seconds": 1.9}, 1, "first_clip lasts 1.9 s; the API takes clips of 2 to 10 s"),
        (
            {"seconds": 12.5},
            1,
            r'lasts 12.5 s; .* last 10 s with "Trim Video" \(start_time -10, duration 0\)\.',
        ),
        ({"seconds": 10.01}, 1, "lasts 10.01 s"),
        ({}, 100 * MEGABYTE + 1, "first_clip is a file of 100.0 MB; the API takes at most 100 MB"),
    ],
)
def test_each_broken_rule_has_its_error(change, size_bytes, message):
    """It names the input, the value, the limit and what to do."""
    with pytest.raises(InvalidInput, match=message):
        check_clip(replace(CLIP, **change), size_bytes)


def test_the_remedy_fits_what_is_connected():
    """Frames are not cut with the node for videos."""
    with pytest.raises(InvalidInput, match='clip_frames lasts 11 s; .*"Get Image from Batch"'):
        check_clip(replace(CLIP, seconds=11.0), 1, "clip_frames")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_an_image_file_is_not_called_a_short_video(tmp_path, suffix):
    """Loaders hand out any file; FFmpeg reads an image as a video of one frame."""
    path = tmp_path / f"photo{suffix}"
    Image.new("RGB", (320, 240)).save(path)
    with pytest.raises(InvalidInput, match=f"first_clip is the image photo{suffix} instead of a"):
        _source(path)


def test_a_legal_clip_is_sent_unchanged(tmp_path, legal):
    """H.264 in mp4 is not encoded again; a window of all of it is no trim."""
    assert legal == prepare_clip(_source(legal), tmp_path / "out.mp4", no_op)
    assert legal == prepare_clip(_source(legal, -1, 9), tmp_path / "out.mp4", no_op)
    assert [] == list(tmp_path.iterdir())


def test_a_trimmed_clip_is_encoded(tmp_path, legal, caplog):
    """Only the window is sent, and the log says why the clip was encoded."""
    caplog.set_level(logging.INFO)
    sent = prepare_clip(_source(legal, 0.5, 2.25), tmp_path / "out.mp4", no_op)
    assert (tmp_path / "out.mp4", 54, 2.25) == (sent, probe(sent).frame_count, probe(sent).seconds)
    message = "Wan 2.7: first_clip is encoded before it is sent, because it is trimmed."
    assert [message] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("start_seconds", "duration_seconds", "frame_count"), [(0.0, 10.0, 300), (1.01, 0.0, 299)]
)
def test_ten_seconds_at_a_fractional_rate_are_ten_seconds(
    tmp_path, numbered, start_seconds, duration_seconds, frame_count
):
    """At 30000/1001 frames a second the window, and so the clip, ends within a frame."""
    path = numbered(330, 256, 240, fps=Fraction(30000, 1001))
    source = _source(path, start_seconds, duration_seconds)
    clip = probe(prepare_clip(source, tmp_path / "out.mp4", no_op))
    assert (frame_count, True) == (clip.frame_count, clip.seconds <= 10.002)


@pytest.mark.parametrize(
    ("name", "codec", "reason"),
    [
        ("clip.mov", "libx264", None),
        ("clip.mkv", "libx264", "it is matroska instead of mp4"),
        ("clip.mp4", "mpeg4", "it is mpeg4 instead of H.264"),
    ],
)
def test_only_what_the_api_does_not_take_is_encoded(tmp_path, name, codec, reason):
    """The reason is a phrase for the log."""
    path = make_video(
        tmp_path / name,
        numbered_frames(50, 256, 240),
        fps=24,
        codec=codec,
        options={"threads": "1"},
    )
    assert reason == _reason(path)
    sent = prepare_clip(_source(path), tmp_path / "out.mp4", no_op)
    assert (path if reason is None else tmp_path / "out.mp4") == sent
    assert _reason(sent) is None


def test_a_file_too_large_is_encoded(legal, monkeypatch):
    """That saves bytes without changing what is asked for."""
    rules = replace(MEDIA["first_clip"], max_bytes=MEGABYTE // 1000)
    monkeypatch.setattr(prepare, "_LIMITS", rules)
    assert "it is larger than 0 MB" == _reason(legal)


@pytest.mark.parametrize(
    ("start_seconds", "duration_seconds", "message"),
    [(2, 0, "lasts 1 s"), (5, 1, "lasts 0 s"), (0, 1.5, "lasts 1.5 s")],
)
def test_a_window_too_short_is_refused_before_it_is_encoded(
    legal, start_seconds, duration_seconds, message
):
    """No time is spent on what cannot be sent."""
    with pytest.raises(InvalidInput, match=f"first_clip {message}"):
        _source(legal, start_seconds, duration_seconds)


def test_a_file_with_an_edit_list_counts_as_what_it_shows(tmp_path):
    """A trim in the file itself is part of the file."""
    path = trim(make_video(tmp_path / "clip.mp4", numbered_frames(90, 256, 240)), 0, 75)
    assert path == prepare_clip(_source(path), tmp_path / "out.mp4", no_op)


def test_a_cut_file_is_refused(tmp_path, legal):
    """The error names it."""
    with pytest.raises(InvalidVideo, match="cut_clip.mp4"):
        _source(cut(legal, 0.7, tmp_path))


def test_frames_are_checked_before_and_after(tmp_path):
    """Legal frames become a legal clip; too few or too small ones are refused without a file."""
    target = tmp_path / "out.mp4"
    assert target == prepare_frames(
        torch.rand(1, 240, 256, 3).expand(20, -1, -1, -1), 10.0, None, target, no_op
    )
    assert _reason(target) is None
    target.unlink()
    for frames, message in [
        (torch.zeros(9, 240, 240, 3), "clip_frames lasts 0.9 s"),
        (torch.zeros(20, 64, 64, 3), "clip_frames is 64 × 64"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            prepare_frames(frames, 10.0, None, target, no_op)
    assert [] == list(tmp_path.iterdir())


def test_an_encoded_clip_that_may_not_be_sent_is_deleted(tmp_path, monkeypatch):
    """Where even the lowest quality is too large, the error says so."""
    monkeypatch.setattr(prepare, "_LIMITS", replace(MEDIA["first_clip"], max_bytes=1000))
    with pytest.raises(InvalidInput, match="clip_frames is a file of .* MB; the API takes at most"):
        prepare_frames(
            torch.rand(1, 240, 256, 3).expand(20, -1, -1, -1),
            10.0,
            None,
            tmp_path / "out.mp4",
            no_op,
        )
    assert [] == list(tmp_path.iterdir())
