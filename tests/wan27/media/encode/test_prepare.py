"""The API's rules for a clip, and which files are sent as they are."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from wan27.errors import InvalidInput, InvalidVideo
from wan27.limits import MEDIA, MEGABYTE
from wan27.media.encode.prepare import prepare_clip, prepare_frames, reason_to_encode
from wan27.media.read.clip import Clip, probe
from wan27.media.read.clip_rules import check_clip

from ..make_video import cut, make_video, numbered_frames, trim

CLIP = Clip(
    Path("clip.mp4"),
    1280,
    720,
    0,
    150,
    Fraction(30),
    0.0,
    5.0,
    5.0,
    0,
    0,
    has_audio=False,
    container="mov,mp4,m4a,3gp,3g2,mj2",
)


def no_tick():
    """Go on."""


@pytest.fixture(scope="module")
def legal(tmp_path_factory):
    """Three seconds that the API takes."""
    return make_video(
        tmp_path_factory.mktemp("legal") / "clip.mp4",
        numbered_frames(72, 256, 240),
        fps=24,
        options={"g": "12"},
    )


@pytest.mark.parametrize(
    ("change", "size_bytes"),
    [
        ({}, 1),
        ({"width": 240, "height": 240}, 1),
        ({"width": 4096, "height": 512}, 1),
        ({"width": 512, "height": 4096, "quarter_turns": 1}, 1),
        ({"seconds": 2.0}, 1),
        ({"seconds": 10.001}, 100 * MEGABYTE),
    ],
)
def test_clips_within_the_rules_pass(change, size_bytes):
    """The limits themselves are allowed, and a millisecond of rounding is forgiven."""
    check_clip(replace(CLIP, **change), size_bytes)


@pytest.mark.parametrize(
    ("change", "size_bytes", "message"),
    [
        ({"width": 238}, 1, "first_clip is 238 × 720 pixels; each side must be 240 to 4096"),
        ({"height": 4098}, 1, "first_clip is 1280 × 4098 pixels"),
        ({"width": 238, "quarter_turns": 1}, 1, "first_clip is 720 × 238 pixels"),
        (
            {"width": 2400, "height": 298},
            1,
            "first_clip is 2400 × 298 pixels; width to height must be 1:8 to 8:1",
        ),
        ({"seconds": 1.9}, 1, "first_clip lasts 1.9 s; the API takes clips of 2 to 10 s"),
        (
            {"seconds": 12.5},
            1,
            r'lasts 12.5 s; .* last 10 s with the node "Trim Video" \(start_time -10, duration 0\)',
        ),
        ({"seconds": 10.01}, 1, "lasts 10.01 s"),
        ({}, 100 * MEGABYTE + 1, "first_clip is a file of 100.0 MB; the API takes at most 100 MB"),
    ],
)
def test_each_broken_rule_has_its_sentence(change, size_bytes, message):
    """Input, value, limit and remedy, before anything is sent."""
    with pytest.raises(InvalidInput, match=message):
        check_clip(replace(CLIP, **change), size_bytes)


def test_frames_are_told_how_frames_are_cut():
    """The remedy is a node for what is connected."""
    with pytest.raises(InvalidInput, match='clip_frames lasts 11 s; .*"Get Image from Batch"'):
        check_clip(replace(CLIP, seconds=11.0), 1, "clip_frames")


def test_a_legal_clip_is_sent_as_it_is(tmp_path, legal):
    """Untrimmed H.264 in mp4 is not touched; a window of all of it is no trim."""
    assert legal == prepare_clip(legal, tmp_path / "out.mp4", no_tick)
    assert legal == prepare_clip(
        legal, tmp_path / "out.mp4", no_tick, start_seconds=-1, duration_seconds=9
    )
    assert [] == list(tmp_path.iterdir())


def test_a_trimmed_clip_is_encoded(tmp_path, legal):
    """What is sent is the window alone."""
    sent = prepare_clip(
        legal, tmp_path / "out.mp4", no_tick, start_seconds=0.5, duration_seconds=2.25
    )
    assert (tmp_path / "out.mp4", 54, 2.25) == (sent, probe(sent).frame_count, probe(sent).seconds)


@pytest.mark.parametrize(
    ("start_seconds", "duration_seconds", "frame_count"), [(0.0, 10.0, 300), (1.01, 0.0, 299)]
)
def test_ten_seconds_of_television_are_ten_seconds(
    tmp_path, start_seconds, duration_seconds, frame_count
):
    """At 30000/1001 frames a second the window ends within a picture, and the clip ends with the window."""
    source = make_video(
        tmp_path / "clip.mp4", numbered_frames(330, 256, 240), fps=Fraction(30000, 1001)
    )
    sent = prepare_clip(
        source,
        tmp_path / "out.mp4",
        no_tick,
        start_seconds=start_seconds,
        duration_seconds=duration_seconds,
    )
    clip = probe(sent)
    assert (frame_count, True) == (clip.frame_count, clip.seconds <= 10.002)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "reason"),
    [
        ("clip.mov", "libx264", "yuv420p", None),
        ("clip.mkv", "libx264", "yuv420p", "it is matroska instead of mp4"),
        ("clip.mp4", "mpeg4", "yuv420p", "it is mpeg4 instead of H.264"),
    ],
)
def test_only_what_the_api_does_not_take_is_encoded(tmp_path, name, codec, pixel_format, reason):
    """Each reason is a phrase that can be shown."""
    source = make_video(
        tmp_path / name,
        numbered_frames(50, 256, 240, pixel_format),
        fps=24,
        codec=codec,
        options={"threads": "1"},
    )
    assert reason == reason_to_encode(source)
    sent = prepare_clip(source, tmp_path / "out.mp4", no_tick)
    assert (source if reason is None else tmp_path / "out.mp4") == sent
    assert reason_to_encode(sent) is None


def test_a_file_too_large_is_encoded(tmp_path, legal, monkeypatch):
    """Bytes can be saved without changing what is asked for."""
    monkeypatch.setitem(
        MEDIA, "first_clip", replace(MEDIA["first_clip"], max_bytes=MEGABYTE // 1000)
    )
    assert "it is larger than 0 MB" == reason_to_encode(legal)


@pytest.mark.parametrize(
    ("start_seconds", "duration_seconds", "message"),
    [(2, 0, "lasts 1 s"), (5, 1, "lasts 0 s"), (0, 1.5, "lasts 1.5 s")],
)
def test_a_window_too_short_is_refused_before_it_is_encoded(
    tmp_path, legal, start_seconds, duration_seconds, message
):
    """No time is spent on what cannot be sent."""
    with pytest.raises(InvalidInput, match=f"first_clip {message}"):
        prepare_clip(
            legal,
            tmp_path / "out.mp4",
            no_tick,
            start_seconds=start_seconds,
            duration_seconds=duration_seconds,
        )
    assert [] == list(tmp_path.iterdir())


def test_a_file_with_an_edit_list_counts_as_what_it_shows(tmp_path, legal):
    """A trim that the file itself carries is part of the file."""
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(make_video(tmp_path / "long.mp4", numbered_frames(90, 256, 240)).read_bytes())
    assert copy == prepare_clip(trim(copy, 0, 75), tmp_path / "out.mp4", no_tick)


def test_a_broken_file_is_refused(tmp_path, legal):
    """A cut file is named as such."""
    short = cut(legal, 0.7)
    with pytest.raises(InvalidVideo, match="cut_clip.mp4"):
        prepare_clip(short, tmp_path / "out.mp4", no_tick)
    short.unlink()


def test_frames_are_checked_before_and_after(tmp_path):
    """Legal frames become a legal clip; too few or too small ones are refused without a file."""
    target = tmp_path / "out.mp4"
    assert target == prepare_frames(
        torch.rand(1, 240, 256, 3).expand(20, -1, -1, -1), 10.0, None, target, no_tick
    )
    assert reason_to_encode(target) is None
    target.unlink()
    for frames, message in [
        (torch.zeros(9, 240, 240, 3), "clip_frames lasts 0.9 s"),
        (torch.zeros(20, 64, 64, 3), "clip_frames is 64 × 64"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            prepare_frames(frames, 10.0, None, target, no_tick)
    assert [] == list(tmp_path.iterdir())


def test_a_made_clip_that_may_not_be_sent_is_not_kept(tmp_path, monkeypatch):
    """Where even the lowest quality is too large, the sentence says so and the file is gone."""
    monkeypatch.setattr(
        "wan27.media.read.clip_rules._LIMITS", replace(MEDIA["first_clip"], max_bytes=1000)
    )
    with pytest.raises(InvalidInput, match="clip_frames is a file of .* MB; the API takes at most"):
        prepare_frames(
            torch.rand(1, 240, 256, 3).expand(20, -1, -1, -1),
            10.0,
            None,
            tmp_path / "out.mp4",
            no_tick,
        )
    assert [] == list(tmp_path.iterdir())


def test_the_rules_are_checked_without_torch():
    """The paid path may import them."""
    code = (
        "import sys, wan27.media.read.clip_rules; print([name for name in ('torch', 'numpy', 'PIL')"
        " if name in sys.modules])"
    )
    root = Path(__file__).parents[4]
    assert (
        "[]"
        == subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()
    )
