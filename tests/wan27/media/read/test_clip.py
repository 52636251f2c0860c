"""What `probe` says of a file, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction

import av
import pytest

from wan27.errors import InvalidVideo
from wan27.media.read import clip as clip_module
from wan27.media.read.clip import check_complete, probe

from ..make_video import Sound, cut, make_video, numbered_frames, tone, trim, turn


def test_describes_a_plain_file(tmp_path):
    """Size, count, rate, length and sound are those that were written."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(45, 128, 96), sound=Sound(tone(1.5)))
    clip = probe(path)
    assert (128, 96, 0, 45, Fraction(30)) == (
        clip.width,
        clip.height,
        clip.quarter_turns,
        clip.frame_count,
        clip.fps,
    )
    assert (0.0, 1.5, True, path) == (clip.start_seconds, clip.seconds, clip.has_audio, clip.path)
    assert "mp4" in clip.container
    check_complete(clip)


def test_says_that_there_is_no_sound(tmp_path):
    """A silent file has no audio stream."""
    assert probe(make_video(tmp_path / "clip.mp4", numbered_frames(3))).has_audio is False


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(16)])
def test_keeps_the_exact_rate(tmp_path, fps):
    """A rate such as 30000/1001 stays a fraction."""
    assert fps == probe(make_video(tmp_path / "clip.mp4", numbered_frames(12), fps=fps)).fps


def test_averages_a_variable_rate(tmp_path):
    """The rate of a file with uneven times is frames by seconds."""
    times = [number * 20 + number % 7 * 3 for number in range(40)]
    clip = probe(make_video(tmp_path / "clip.mp4", numbered_frames(40), times=times))
    assert 40 / clip.seconds == pytest.approx(float(clip.fps), rel=1e-3)
    check_complete(clip)


def test_disbelieves_an_absurd_rate(tmp_path):
    """A fragment for each frame beside sound has made FFmpeg say hundreds of frames a second."""
    flags = "frag_every_frame+default_base_moof+empty_moov"
    path = make_video(
        tmp_path / "clip.mp4", numbered_frames(31), movflags=flags, sound=Sound(tone(1.1))
    )
    assert 30 == probe(path).fps


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_reads_the_rotation(tmp_path, quarter_turns):
    """A turned file is upright with its sides swapped; as stored they are not."""
    clip = probe(
        turn(make_video(tmp_path / "clip.mp4", numbered_frames(3, 128, 64)), quarter_turns)
    )
    assert (quarter_turns, 128, 64) == (clip.quarter_turns, clip.width, clip.height)
    assert ((64, 128) if quarter_turns % 2 else (128, 64)) == clip.upright_size


@pytest.mark.parametrize(
    "name", ["clip.mp4", "clip.mov", "clip.mkv", "clip.ts", "clip.avi", "clip.h264"]
)
def test_counts_in_every_container(tmp_path, name):
    """The count does not come from the header, which is silent or wrong in most formats; none is called cut short."""
    options = {"preset": "medium", "bf": "0" if name.endswith("avi") else "3", "g": "10"}
    clip = probe(make_video(tmp_path / name, numbered_frames(31), options=options))
    assert (31, True) == (clip.frame_count, clip.seconds > 0.9)
    check_complete(clip)


@pytest.mark.parametrize(
    "movflags", ["", "faststart", "frag_keyframe+empty_moov", "frag_every_frame+empty_moov"]
)
def test_counts_in_every_kind_of_mp4(tmp_path, movflags):
    """Plain, fast-start and fragmented files count alike and are complete."""
    clip = probe(make_video(tmp_path / "clip.mp4", numbered_frames(31), movflags=movflags))
    assert (31, 30) == (clip.frame_count, clip.fps)
    check_complete(clip)


def test_counts_what_an_edit_list_shows(tmp_path):
    """Frames that an edit list cuts away are not counted and not missed."""
    clip = probe(trim(make_video(tmp_path / "clip.mp4", numbered_frames(60)), 13, 30))
    assert (30, 1.0) == (clip.frame_count, clip.seconds)
    check_complete(clip)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"code": 403}',
        b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n",
        bytes(4096),
    ],
)
def test_refuses_what_is_no_video(tmp_path, content):
    """An error page that was saved as mp4 is named and refused."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(InvalidVideo, match=r"^clip\.mp4 is not a video that can be read \(.+\); "):
        probe(path)


def test_refuses_a_missing_file(tmp_path):
    """A file that is gone is told in the same words."""
    with pytest.raises(
        InvalidVideo, match=r"^gone\.mp4 is not a video that can be read \(No such file"
    ):
        probe(tmp_path / "gone.mp4")


def test_refuses_sound_alone(tmp_path):
    """A file with sound and no pictures is no video."""
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(tone(1), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        container.mux(track.encode(frame))
        container.mux(track.encode())
    with pytest.raises(InvalidVideo, match="holds no video stream"):
        probe(path)


def test_refuses_a_file_without_frames(tmp_path):
    """A header alone is no video."""
    whole = make_video(
        tmp_path / "clip.mkv",
        numbered_frames(30, 640, 360),
        options={"preset": "ultrafast", "qp": "0"},
    )
    with pytest.raises(InvalidVideo, match="holds no frames"):
        probe(cut(whole, 0.02))


def test_refuses_a_file_whose_index_is_cut_off(tmp_path):
    """An mp4 with its index at the end cannot be read at all once it is cut."""
    with pytest.raises(InvalidVideo, match="is not a video that can be read"):
        probe(cut(make_video(tmp_path / "clip.mp4", numbered_frames(30), movflags=""), 0.9))


@pytest.mark.parametrize("part", [0.5, 0.75, 0.9, 0.99])
def test_notices_a_cut_fast_start_file(tmp_path, part):
    """A fast-start file opens when it is cut, and decodes without an error: its length says that frames are missing."""
    path = cut(make_video(tmp_path / "clip.mp4", numbered_frames(90, 320, 180)), part)
    with pytest.raises(
        InvalidVideo,
        match=(
            r"^cut_clip\.mp4 is cut short: \d+ of about 90 frames are there; fetch the file"
            r" again\.$"
        ),
    ):
        check_complete(probe(path))


def test_notices_a_cut_between_two_packets(tmp_path):
    """Where no packet is broken, the time that is missing tells."""
    clip = probe(make_video(tmp_path / "clip.mp4", numbered_frames(60)))
    fields = {name: getattr(clip, name) for name in clip.__slots__}
    with pytest.raises(InvalidVideo, match="50 of about 60 frames"):
        check_complete(clip_module.Clip(**{**fields, "frame_count": 50, "seconds": 50 / 30}))


def test_refuses_an_absurd_size_before_it_takes_memory(tmp_path):
    """A header of 100000 x 100000 pixels is refused at once."""
    path = make_video(
        tmp_path / "clip.avi",
        numbered_frames(2, pixel_format="bgr24"),
        codec="rawvideo",
        options={"strict": "normal"},
    )
    content = bytearray(path.read_bytes())
    sizes = content.index(b"strf") + 12
    content[sizes : sizes + 8] = (100_000).to_bytes(4, "little") * 2
    path.write_bytes(content)
    start = time.monotonic()
    with pytest.raises(InvalidVideo, match="is not a video that can be read"):
        probe(path)
    assert time.monotonic() - start < 1


def test_refuses_a_side_that_no_format_has(tmp_path, monkeypatch):
    """The size in the header is looked at before a picture is decoded."""
    monkeypatch.setattr(clip_module, "SIDE_PIXELS", 100)
    with pytest.raises(InvalidVideo, match=r"its header says 128 × 64 pixels"):
        probe(make_video(tmp_path / "clip.mp4", numbered_frames(2)))


def test_reads_past_metadata_in_a_foreign_encoding(tmp_path):
    """Text that is no UTF-8 says nothing about the pictures."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(2))
    path.write_bytes(path.read_bytes().replace(b"Lavf", b"\xff\xfe\xfd\xfc"))
    assert 2 == probe(path).frame_count


@pytest.mark.parametrize("module", ["clip", "container", "packets"])
def test_imports_neither_torch_nor_numpy(module):
    """The paid path verifies a download without torch."""
    code = (
        f"import sys, wan27.media.{module}; sys.exit(sorted({{'torch', 'numpy', 'PIL'}} &"
        " set(sys.modules)) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert (0, "") == (ended.returncode, ended.stderr)
