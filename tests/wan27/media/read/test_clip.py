"""The properties of a video file, and files that are refused."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import av
import pytest

from wan27.errors import InvalidVideo
from wan27.media.read import probe as probe_module
from wan27.media.read.clip import check_complete
from wan27.media.read.orientation import UPRIGHT, Orientation
from wan27.media.read.probe import probe

from ..make_video import Sound, cut, make_video, numbered_frames, tone, trim


def test_the_properties_of_a_plain_file(tmp_path):
    """Size, count, rate, length and sound are those that were written."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(45, 128, 96), sound=Sound(tone(1.5)))
    clip = probe(path)
    assert (128, 96, UPRIGHT, 45, Fraction(30)) == (
        clip.width,
        clip.height,
        clip.orientation,
        clip.frame_count,
        clip.fps,
    )
    assert (0.0, 1.5, True, path) == (clip.start_seconds, clip.seconds, clip.has_audio, clip.path)
    assert ("h264", "mov,mp4,m4a,3gp,3g2,mj2") == (clip.codec, clip.container)
    check_complete(clip)


def test_a_file_without_sound(numbered):
    """It has no audio stream."""
    assert probe(numbered(3)).has_audio is False


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(16)])
def test_the_exact_rate_is_kept(tmp_path, fps):
    """A rate such as 30000/1001 stays a fraction."""
    assert fps == probe(make_video(tmp_path / "clip.mp4", numbered_frames(12), fps=fps)).fps


def test_a_variable_rate_is_averaged(tmp_path):
    """Frames divided by seconds."""
    times = [number * 20 + number % 7 * 3 for number in range(40)]
    clip = probe(make_video(tmp_path / "clip.mp4", numbered_frames(40), times=times))
    assert 40 / clip.seconds == pytest.approx(float(clip.fps), rel=1e-3)
    check_complete(clip)


def test_an_absurd_rate_is_ignored(tmp_path):
    """For a fragment per frame, with sound, FFmpeg has given hundreds of frames a second."""
    flags = "frag_every_frame+default_base_moof+empty_moov"
    path = make_video(
        tmp_path / "clip.mp4", numbered_frames(31), movflags=flags, sound=Sound(tone(1.1))
    )
    assert 30 == probe(path).fps


@pytest.mark.parametrize(
    "name", ["clip.mp4", "clip.mov", "clip.mkv", "clip.ts", "clip.avi", "clip.h264"]
)
def test_frames_are_counted_in_every_container(tmp_path, name):
    """Not by the header, which is silent or wrong in most formats; none counts as cut short."""
    options = {"preset": "medium", "bf": "0" if name.endswith("avi") else "3", "g": "10"}
    clip = probe(make_video(tmp_path / name, numbered_frames(31), options=options))
    assert (31, True) == (clip.frame_count, clip.seconds > 0.9)
    check_complete(clip)


@pytest.mark.parametrize(
    "movflags", ["", "faststart", "frag_keyframe+empty_moov", "frag_every_frame+empty_moov"]
)
def test_frames_are_counted_in_every_kind_of_mp4(tmp_path, movflags):
    """Plain, fast-start and fragmented files count alike and are complete."""
    clip = probe(make_video(tmp_path / "clip.mp4", numbered_frames(31), movflags=movflags))
    assert (31, 30) == (clip.frame_count, clip.fps)
    check_complete(clip)


def test_only_frames_that_an_edit_list_shows_are_counted(tmp_path):
    """Those that it cuts away are not missing either."""
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
def test_a_file_that_is_not_a_video_is_refused(tmp_path, content):
    """Such as an error page that was saved as mp4."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(InvalidVideo, match=r"^clip\.mp4 cannot be read as a video \(.+\)\. "):
        probe(path)


def test_a_missing_file_is_refused(tmp_path):
    """The error is the same."""
    with pytest.raises(InvalidVideo, match=r"^gone\.mp4 cannot be read as a video \(No such file"):
        probe(tmp_path / "gone.mp4")


def test_sound_alone_is_refused(tmp_path):
    """A file without a video stream is not a video."""
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(tone(1), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        container.mux(track.encode(frame))
        container.mux(track.encode())
    with pytest.raises(InvalidVideo, match="it has no video stream"):
        probe(path)


def test_a_file_without_frames_is_refused(tmp_path, numbered):
    """A header alone is not a video."""
    whole = numbered(30, 640, 360, name="clip.mkv", options={"preset": "ultrafast", "qp": "0"})
    with pytest.raises(InvalidVideo, match="it has no frames"):
        probe(cut(whole, 0.02, tmp_path))


def test_a_file_without_its_index_is_refused(tmp_path):
    """An mp4 with its index at the end cannot be read at all once it is cut."""
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(30), movflags="")
    with pytest.raises(InvalidVideo, match="cannot be read as a video"):
        probe(cut(whole, 0.9, tmp_path))


@pytest.mark.parametrize("part", [0.5, 0.75, 0.9, 0.99])
def test_a_cut_fast_start_file_is_refused(tmp_path, numbered, part):
    """It opens, and decodes without an error, but its length shows that frames are missing."""
    path = cut(numbered(90, 320, 180), part, tmp_path)
    with pytest.raises(
        InvalidVideo,
        match=(
            r"^cut_clip\.mp4 is cut short: it has \d+ of about 90 frames\. Download it again\.$"
        ),
    ):
        check_complete(probe(path))


def test_a_cut_between_two_packets_is_refused(numbered):
    """No packet is broken, but the time is too short."""
    clip = replace(probe(numbered(60)), frame_count=50, seconds=50 / 30)
    with pytest.raises(InvalidVideo, match="50 of about 60 frames"):
        check_complete(clip)


def test_an_absurd_size_is_refused_before_memory_is_allocated(tmp_path):
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
    with pytest.raises(InvalidVideo, match="cannot be read as a video"):
        probe(path)
    assert time.monotonic() - start < 1


def test_a_side_that_no_format_has_is_refused(numbered, monkeypatch):
    """The size in the header is checked before a frame is decoded."""
    monkeypatch.setattr(probe_module, "MAX_SIDE_PIXELS", 100)
    with pytest.raises(InvalidVideo, match=r"its header says 128 × 64 pixels"):
        probe(numbered(3))


def test_metadata_in_another_encoding_is_skipped(tmp_path):
    """Text that is not UTF-8 does not matter to the frames."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(2))
    path.write_bytes(path.read_bytes().replace(b"Lavf", b"\xff\xfe\xfd\xfc"))
    assert 2 == probe(path).frame_count


@pytest.mark.parametrize("module", ["clip", "probe", "window"])
def test_reading_needs_neither_torch_nor_numpy(module):
    """The paid path verifies a download without them."""
    code = (
        f"import sys, wan27.media.read.{module}; sys.exit(sorted({{'torch', 'numpy', 'PIL'}} &"
        " set(sys.modules)) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert (0, "") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [(Fraction(16, 15), Fraction(16, 15)), (None, Fraction(1)), (Fraction(100), Fraction(1))],
)
def test_the_shape_of_a_pixel_is_read(tmp_path, aspect, expected):
    """DV and DVD have pixels that are not square; an absurd shape is that of a broken file."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for frame in [*numbered_frames(2, 64, 48), None]:
            container.mux(stream.encode(frame))
    clip = probe(path)
    assert (expected, expected * Fraction(64, 48)) == (clip.sample_aspect, clip.displayed_aspect)
    turned = replace(clip, orientation=Orientation(1))
    assert (1 / expected, 1 / expected * Fraction(48, 64)) == (
        turned.upright_sample_aspect,
        turned.displayed_aspect,
    )
