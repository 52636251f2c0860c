"""Encoded clips: every frame in order, stable colors, sound in step, and clean cancels."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidInput, InvalidVideo
from wan27.media.encode.clip import encode_frames_clip, encode_video_clip
from wan27.media.encode.content_hash import hash_of_frames
from wan27.media.read.clip import check_complete, no_op
from wan27.media.read.orientation import UPRIGHT
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..decoded import audio_of, frames_of
from ..make_video import Sound, cut, frame_of, make_video, numbered_frames, numbers_in, tone, turn
from ..stopping import Stopped, stop_at, threads


def _image(height, width):
    """Return a smooth image with all colors and some detail, (H, W, 3) in 0..1."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack(
        [
            0.5 + 0.4 * torch.sin(7 * x),
            0.5 + 0.4 * torch.cos(5 * y + 3 * x),
            0.5 + 0.3 * torch.sin(20 * (x + y)),
        ],
        dim=-1,
    )


def _numbered(count, width=128, height=64):
    """Return `numbered_frames` as a tensor."""
    return torch.stack(
        [
            torch.from_numpy(f.to_ndarray(format="rgb24")) / 255
            for f in numbered_frames(count, width, height, "rgb24")
        ]
    )


def _audio(seconds, rate=48000):
    return {"waveform": torch.from_numpy(tone(seconds, rate=rate))[None], "sample_rate": rate}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Four seconds of numbered frames, a key frame each second, and sound louder each second."""
    samples = tone(4) * np.repeat([0.2, 0.4, 0.6, 0.8], 48000).astype(np.float32)
    options = {"preset": "medium", "g": "30", "bf": "3"}
    return make_video(
        tmp_path_factory.mktemp("source") / "clip.mp4",
        numbered_frames(120),
        options=options,
        sound=Sound(samples),
    )


def _trim(source, folder, start_seconds, duration_seconds, name="out.mp4"):
    target = folder / name
    encode_video_clip(window_of(probe(source), start_seconds, duration_seconds), target, no_op)
    return target


def test_frames_become_a_plain_mp4(tmp_path):
    """H.264 in mp4, yuv420p, tagged as BT.709 and limited, fast-start, with every frame."""
    encode_frames_clip(_numbered(20), 24.0, None, tmp_path / "clip.mp4", no_op)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        context = container.streams.video[0].codec_context
        found = (
            context.name,
            context.pix_fmt,
            context.colorspace,
            context.color_range,
            context.color_primaries,
            context.color_trc,
        )
    assert ("h264", "yuv420p", 1, 1, 1, 1) == tuple(
        int(each) if not isinstance(each, str) else each for each in found
    )
    content = (tmp_path / "clip.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    clip = probe(tmp_path / "clip.mp4")
    check_complete(clip)
    assert (20, Fraction(24), 0.0, False) == (
        clip.frame_count,
        clip.fps,
        clip.start_seconds,
        clip.has_audio,
    )
    assert list(range(20)) == numbers_in(frames_of(tmp_path / "clip.mp4"))


@settings(max_examples=10, deadline=None)
@given(
    count=st.integers(1, 12),
    size=st.tuples(st.integers(8, 60), st.integers(8, 40)),
    fps=st.sampled_from([8, 16.0, Fraction(24000, 1001), 30000 / 1001, 29.97, 60.0]),
    kind=st.sampled_from([torch.float32, torch.float16, torch.float64]),
)
def test_any_small_batch(tmp_path_factory, *, count, size, fps, kind):
    """Count, order, rate and length are right for any size, rate, length and kind of float."""
    target = tmp_path_factory.mktemp("any") / "clip.mp4"
    encode_frames_clip(
        _numbered(count, 2 * size[0], 2 * size[1]).to(kind), fps, None, target, no_op
    )
    clip = probe(target)
    assert pytest.approx(float(fps), rel=1e-6) == float(clip.fps)
    assert pytest.approx(count / float(fps), abs=1e-3) == clip.seconds
    assert list(range(count)) == numbers_in(frames_of(target))


@pytest.mark.parametrize(("generations", "most"), [(1, 0.6), (6, 1.0)])
def test_colors_stay(tmp_path, generations, most):
    """After six generations, no channel has shifted by 1 of 255 on average."""
    original = frames = _image(128, 192).expand(3, -1, -1, -1)
    for number in range(generations):
        encode_frames_clip(frames, 30, None, tmp_path / f"{number}.mp4", no_op)
        frames = frames_of(tmp_path / f"{number}.mp4")
    shift = (frames - original).mul(255).mean(dim=(0, 1, 2)).abs()
    assert shift.max() < most


def test_values_are_rounded_and_clamped(tmp_path):
    """Black, white and values beyond them come back as 0 and 1, and gray is not truncated."""
    levels = torch.tensor([-0.05, 0.0, 0.4999, 1.0, 1.004, 1.25])
    frames = levels.repeat_interleave(32)[None, None, :, None].expand(1, 32, -1, 3)
    encode_frames_clip(frames, 30, None, tmp_path / "clip.mp4", no_op)
    decoded = frames_of(tmp_path / "clip.mp4")[0, 16, 16::32, :].mul(255).round()
    assert decoded.sub(levels.clamp(0, 1).mul(255)[:, None]).abs().max() <= 1.5


def test_opaque_alpha_is_dropped(tmp_path):
    """Opaque RGBA is RGB."""
    frames = torch.cat([_numbered(3), torch.ones(3, 64, 128, 1)], dim=-1)
    encode_frames_clip(frames, 30, None, tmp_path / "clip.mp4", no_op)
    assert [0, 1, 2] == numbers_in(frames_of(tmp_path / "clip.mp4"))


def _with(frames, index, value):
    frames = frames.clone()
    frames[index] = value
    return frames


@pytest.mark.parametrize(
    ("frames", "fps", "audio", "message"),
    [
        (torch.zeros(2, 64, 127, 3), 30, None, "clip_frames is 127 × 64 pixels; .* even"),
        (torch.zeros(2, 63, 128, 3), 30, None, "clip_frames is 128 × 63 pixels"),
        (torch.zeros(0, 64, 64, 3), 30, None, "clip_frames has no images"),
        (torch.zeros(1, 2, 64, 64, 3), 30, None, "clip_frames has no images"),
        (
            torch.zeros(2, 64, 64, 3, dtype=torch.int32),
            30,
            None,
            "clip_frames has values of type torch.int32",
        ),
        (torch.zeros(2, 64, 64, 4), 30, None, "clip_frames has transparent parts"),
        (torch.zeros(2, 64, 64, 2), 30, None, "clip_frames has 2 channels"),
        (
            _with(torch.zeros(2, 64, 64, 3), (1, 5, 5, 0), float("nan")),
            30,
            None,
            "clip_frames contains NaN or Inf values",
        ),
        (torch.zeros(2, 64, 64, 3), 0, None, "clip_fps is 0"),
        (torch.zeros(2, 64, 64, 3), float("nan"), None, "clip_fps is nan"),
        (
            torch.zeros(2, 64, 64, 3),
            30,
            {"waveform": torch.zeros(2, 1, 9), "sample_rate": 44100},
            "clip_frames has sound that cannot be used: its audio has 2 sounds",
        ),
    ],
)
def test_what_cannot_be_encoded_is_refused(tmp_path, frames, fps, audio, message):
    """The error names the input, and no file is left, even if a late frame is at fault."""
    with pytest.raises(InvalidInput, match=message):
        encode_frames_clip(frames, fps, audio, tmp_path / "clip.mp4", no_op)
    assert [] == list(tmp_path.iterdir())


def test_frames_are_written_with_their_sound(tmp_path):
    """Sound stays in step, is cut where it is longer, and both streams are interleaved."""
    encode_frames_clip(_numbered(60), 30, _audio(3.0), tmp_path / "clip.mp4", no_op)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        order = [packet.stream.type for packet in container.demux() if packet.size]
    assert {"audio", "video"} == set(order[: len(order) // 3])
    decoded = audio_of(tmp_path / "clip.mp4")
    assert (48000, (1, 2, 96000)) == (decoded["sample_rate"], tuple(decoded["waveform"].shape))
    difference = decoded["waveform"][0].numpy()[:, 2048:-2048] - tone(2)[:, 2048:-2048]
    assert np.sqrt((difference**2).mean()) < 0.02


@pytest.mark.parametrize(
    ("channels", "rate", "expected"),
    [(1, 44100, (1, 44100)), (2, 192000, (2, 48000)), (6, 48000, (2, 48000))],
)
def test_any_sound_fits(tmp_path, channels, rate, expected):
    """Rates that AAC lacks are resampled, and more than two channels mixed down to two."""
    audio = {"waveform": torch.from_numpy(tone(1, channels, rate))[None], "sample_rate": rate}
    encode_frames_clip(_numbered(30), 30, audio, tmp_path / "clip.mp4", no_op)
    decoded = audio_of(tmp_path / "clip.mp4")
    assert expected == (decoded["waveform"].shape[1], decoded["sample_rate"])
    assert decoded["waveform"].abs().max() > 0.2


def test_a_large_file_is_encoded_again_at_lower_quality(tmp_path):
    """A slight loss is better than a refusal by the API."""
    frames = torch.rand(4, 96, 128, 3, generator=torch.Generator().manual_seed(1))
    encode_frames_clip(frames, 30, None, tmp_path / "best.mp4", no_op)
    best = (tmp_path / "best.mp4").stat().st_size
    encode_frames_clip(frames, 30, None, tmp_path / "fit.mp4", no_op, fit_bytes=best - 1)
    assert best > (tmp_path / "fit.mp4").stat().st_size
    assert 4 == probe(tmp_path / "fit.mp4").frame_count


def test_encoding_needs_the_memory_of_one_frame(tmp_path):
    """Beyond the tensor itself: of a few frames, not of all."""
    frames = torch.zeros(1, 256, 256, 3).expand(60, -1, -1, -1)
    tracemalloc.start()
    encode_frames_clip(frames, 30, None, tmp_path / "clip.mp4", no_op)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 256 * 256 * 3 * 4


@pytest.mark.parametrize("call", [1, 2, 15])
def test_cancelled_frames_leave_nothing(tmp_path, call):
    """What tick raises comes out; file and encoder threads are gone."""
    ours, native = threads()
    with pytest.raises(Stopped):
        encode_frames_clip(_numbered(30), 30, _audio(1), tmp_path / "clip.mp4", stop_at(call)[0])
    ours_after, native_after = threads()
    assert ([], ours) == (list(tmp_path.iterdir()), ours_after)
    assert native + 2 >= native_after  # torch starts some of its own at its first use


@pytest.mark.parametrize("call", [1, 3, 60])
def test_a_cancelled_trim_leaves_nothing(tmp_path, source, call):
    """Whether while seeking, in the sound or among the frames."""
    window = window_of(probe(source), 1.5, 2)
    with pytest.raises(Stopped):
        encode_video_clip(window, tmp_path / "out.mp4", stop_at(call)[0])
    assert [] == list(tmp_path.iterdir())


def test_a_source_is_never_overwritten(tmp_path):
    """Not even by a mistake in this pack."""
    source = make_video(tmp_path / "clip.mp4", numbered_frames(3))
    with pytest.raises(ValueError, match="would be overwritten"):
        _trim(source, tmp_path, 0, 0, "clip.mp4")
    assert 3 == probe(source).frame_count


def test_a_full_disk_is_not_reported_as_a_broken_video(tmp_path, source):
    """Where the target cannot be written, the error names it."""
    with pytest.raises(OSError, match="nowhere"):
        _trim(source, tmp_path / "nowhere", 0, 0)


@pytest.mark.parametrize(
    ("start_seconds", "duration_seconds", "expected"),
    [
        (0, 0, range(120)),
        (1.0, 1.0, range(30, 60)),
        (0.5, 2.5, range(15, 90)),
        (1.01, 0.98, range(31, 60)),  # from the next frame after 1.01 to the last before 1.99
        (3.5, 9.0, range(105, 120)),
        (-3, 4, range(30)),
    ],
)
def test_a_window_is_exact_to_the_frame(
    tmp_path, source, start_seconds, duration_seconds, expected
):
    """It has the frames whose time is in it, whether or not it begins at a key frame."""
    target = _trim(source, tmp_path, start_seconds, duration_seconds)
    assert list(expected) == numbers_in(frames_of(target))
    clip = probe(target)
    # As in ComfyUI, the end of the window may shorten the last frame.
    assert (0.0, len(expected) / 30) == (
        clip.start_seconds,
        pytest.approx(clip.seconds, abs=0.5 / 30),
    )


@settings(max_examples=8, deadline=None)
@given(
    first=st.integers(0, 40),
    count=st.integers(1, 25),
    name=st.sampled_from(["clip.mp4", "clip.mkv", "clip.ts", "clip.mov"]),
)
def test_any_trim_of_any_container(tmp_path_factory, *, first, count, name):
    """The window is the same in every container, whatever the time of its first frame."""
    folder = tmp_path_factory.mktemp("trim")
    source = make_video(
        folder / name, numbered_frames(50), options={"preset": "medium", "g": "12", "bf": "2"}
    )
    begins = probe(source).start_seconds
    # A window from just before the frame: mkv rounds times to a millisecond.
    target = _trim(source, folder, begins + first / 30 - 0.002 * (first > 0), count / 30)
    assert list(range(50))[first : first + count] == numbers_in(frames_of(target))


# avi counts in whole frames, and a start within one is cut down to it.
@pytest.mark.parametrize(
    ("name", "start_seconds"), [("clip.h264", 1.199), ("clip.avi", 1.201), ("clip.webm", 1.199)]
)
def test_a_file_without_times_or_index_is_trimmed_too(tmp_path, name, start_seconds):
    """Where the format cannot seek, decoding begins at the start."""
    codec, options = (
        ("libvpx", {"deadline": "realtime"})
        if name.endswith("webm")
        else ("libx264", {"preset": "ultrafast", "g": "12"})
    )
    source = make_video(tmp_path / name, numbered_frames(75), codec=codec, options=options, fps=25)
    target = _trim(source, tmp_path, probe(source).start_seconds + start_seconds, 1.0)
    assert list(range(30, 55)) == numbers_in(frames_of(target))


@pytest.mark.parametrize("flags", ["open-gop=1:scenecut=0", "scenecut=0"])
def test_an_open_gop_is_trimmed_to_the_frame(tmp_path, flags):
    """Frames shown before their key frame but stored after it are not lost at the start."""
    options = {"preset": "medium", "g": "10", "bf": "3", "x264-params": f"{flags}:b-adapt=0"}
    source = make_video(tmp_path / "clip.mp4", numbered_frames(60), options=options)
    for first in (17, 18, 19, 20, 21, 28):
        assert list(range(first, first + 5)) == numbers_in(
            frames_of(_trim(source, tmp_path, (first - 0.5) / 30, 5 / 30))
        )


def test_a_window_has_the_frames_that_comfyui_takes(tmp_path, source):
    """Ends are rounded down to whole units: a frame at the start is in, one at the end is not."""
    with av.open(str(source)) as container:
        unit = container.streams.video[0].time_base
        times = sorted(packet.pts for packet in container.demux(video=0) if packet.pts is not None)
    for start, duration in [(0.1, 0.7), (1 / 3, 1.1), (0.033, 0.0667), (2.9667, 0.5)]:
        low, high = int(start / unit), int((start + duration) / unit)
        expected = [number for number, time in enumerate(times) if low <= time < high]
        assert expected == numbers_in(frames_of(_trim(source, tmp_path, start, duration)))


def test_a_window_has_its_sound(tmp_path, source):
    """The part from second 1.5 to 3.5, in step: each second has its own volume."""
    decoded = audio_of(_trim(source, tmp_path, 1.5, 2.0))
    assert (1, 2, 96000) == tuple(decoded["waveform"].shape)
    parts = decoded["waveform"][0, 0].abs().unfold(0, 24000, 24000)[:, 3000:21000].amax(dim=1)
    assert [pytest.approx(0.8 * each, abs=0.04) for each in (0.4, 0.6, 0.6, 0.8)] == parts.tolist()


def test_late_and_missing_sound(tmp_path):
    """Sound that starts late stays late, and a silent video gets no sound."""
    late = make_video(
        tmp_path / "late.mp4", numbered_frames(60), sound=Sound(tone(1), late_seconds=1.0)
    )
    loud = audio_of(_trim(late, tmp_path, 0.5, 1.0))["waveform"][0, 0].abs()
    assert (True, True) == (bool(loud[:22000].max() < 0.05), bool(loud[26000:].max() > 0.5))
    assert not probe(
        _trim(make_video(tmp_path / "mute.mp4", numbered_frames(9)), tmp_path, 0, 0, "mute_out.mp4")
    ).has_audio


@pytest.mark.parametrize(
    ("quarter_turns", "is_mirrored"), [(1, False), (3, False), (0, True), (1, True)]
)
def test_a_turned_or_mirrored_video_is_written_upright(tmp_path, quarter_turns, is_mirrored):
    """The frames are those that the turned file shows, and the clip needs no turning."""
    source = turn(
        make_video(tmp_path / "clip.mp4", numbered_frames(6, 128, 64)),
        quarter_turns,
        is_mirrored=is_mirrored,
    )
    target = _trim(source, tmp_path, 0, 0)
    clip, expected = probe(target), frames_of(source)
    assert (UPRIGHT, probe(source).upright_size) == (clip.orientation, (clip.width, clip.height))
    assert (frames_of(target) - expected).abs().mean() < 2 / 255


def test_uneven_times_are_kept(tmp_path):
    """A variable frame rate stays one."""
    times = [number * 20 + number % 7 * 3 for number in range(40)]
    source = make_video(tmp_path / "clip.mp4", numbered_frames(40), times=times)
    target = _trim(source, tmp_path, 0.2, 0.9)
    with av.open(str(target)) as container:
        found = [frame.time for frame in container.decode(video=0)]
    kept = [time / 600 for time in times if 120 <= time < 660]
    assert [pytest.approx(time - kept[0], abs=1e-3) for time in kept] == found


@pytest.mark.parametrize(
    ("tag", "pixel_format", "tagged_range"),
    [(6, "yuv420p", 1), (1, "yuv420p", 2), (2, "yuv444p", 0), (9, "yuv420p10le", 1)],
)
def test_colors_of_other_formats_are_converted(tmp_path, tag, pixel_format, tagged_range):
    """BT.601, full range, untagged and 10 bits become BT.709 that looks the same."""
    step, kind = (4, np.uint16) if "10" in pixel_format else (1, np.uint8)
    layout = av.VideoFrame(96, 64, pixel_format)
    planes = [
        np.full((plane.height, plane.width), level * step, kind)
        for plane, level in zip(layout.planes, (110, 100, 160), strict=True)
    ]
    source = make_video(
        tmp_path / "clip.mp4",
        [frame_of(planes, pixel_format, tag, tagged_range) for _ in range(3)],
        options={"crf": "1"},
    )
    target = _trim(source, tmp_path, 0, 0)
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
    assert ("yuv420p", 1, 1) == (frame.format.name, int(frame.colorspace), int(frame.color_range))
    difference = frames_of(target) - frames_of(source)
    assert difference.abs().max() * 255 <= 3


def test_six_trims_keep_the_colors(tmp_path):
    """A clip that is cut six times shifts by less than 1 of 255."""
    encode_frames_clip(_image(128, 192).expand(10, -1, -1, -1), 30, None, tmp_path / "0.mp4", no_op)
    for number in range(6):
        _trim(tmp_path / f"{number}.mp4", tmp_path, 1 / 30, 0, f"{number + 1}.mp4")
    frames = frames_of(tmp_path / "6.mp4")
    assert 4 == len(frames)
    assert (frames - _image(128, 192)).mul(255).mean(dim=(0, 1, 2)).abs().max() < 1


@pytest.mark.parametrize("start_seconds", [4.0, 99.0])
def test_a_window_behind_the_end_is_refused(tmp_path, source, start_seconds):
    """The error says where the video ends."""
    with pytest.raises(InvalidInput, match="first_clip has no frames from .* ends at 4 s"):
        _trim(source, tmp_path, start_seconds, 1)
    assert [] == list(tmp_path.iterdir())


def test_an_odd_video_is_refused(tmp_path):
    """It is neither cropped nor padded without notice."""
    source = make_video(tmp_path / "clip.mkv", numbered_frames(3, 127, 65, "yuv444p"))
    with pytest.raises(InvalidInput, match="first_clip is 127 × 65 pixels"):
        _trim(source, tmp_path, 0, 0)


@pytest.mark.parametrize(
    "content", [b"", b"no video at all", b"ffconcat version 1.0\nfile http://127.0.0.1/x.mp4\n"]
)
def test_a_file_that_is_not_a_video_is_refused(tmp_path, content):
    """The error names the source, and no file is written."""
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(InvalidVideo, match="clip.mp4"):
        _trim(tmp_path / "clip.mp4", tmp_path, 0, 0)
    assert [tmp_path / "clip.mp4"] == list(tmp_path.iterdir())


def test_a_file_that_is_cut_short_is_refused(tmp_path, source):
    """Half a download is not half a clip."""
    short = cut(source, 0.6, tmp_path)
    with pytest.raises(InvalidVideo, match="cut_clip.mp4"):
        _trim(short, tmp_path, 0, 0)
    assert [short] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "audio",
    [
        None,
        {},
        {"waveform": torch.zeros(1, 2, 0), "sample_rate": 44100},
        {"waveform": torch.zeros(1, 0, 44100), "sample_rate": 44100},
        {"waveform": torch.zeros(0, 2, 9), "sample_rate": None},
    ],
)
def test_a_video_whose_sound_is_empty_is_a_silent_clip(tmp_path, audio):
    """Loaders hand out such an AUDIO for a file without sound; it is no other request either."""
    frames = _numbered(12)
    encode_frames_clip(frames, 12, audio, tmp_path / "clip.mp4", no_op)
    assert not probe(tmp_path / "clip.mp4").has_audio
    assert hash_of_frames(frames, 12, None, no_op) == hash_of_frames(frames, 12, audio, no_op)


def test_silence_is_sound(tmp_path):
    """All zeros are a track of their own."""
    silence = {"waveform": torch.zeros(1, 2, 44100), "sample_rate": 44100.0}
    encode_frames_clip(_numbered(12), 12, silence, tmp_path / "clip.mp4", no_op)
    assert probe(tmp_path / "clip.mp4").has_audio
