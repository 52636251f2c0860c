"""Frames: complete, in order, in the memory of one tensor, and nothing left behind by a cancel."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidVideo
from wan27.media.decode.frames import FrameWriter, decode_frames, decode_last_frame
from wan27.media.read.clip import no_op
from wan27.media.read.probe import probe

from ..decoded import frames_of, last_frame_of
from ..make_video import Sound, cut, make_video, numbered_frames, numbers_in, tone, trim, turn
from ..stopping import Stopped, stop_at

B_FRAMES = {"preset": "medium", "g": "12", "bf": "3"}


def _converters():
    return [
        thread.name for thread in threading.enumerate() if thread.name.startswith("wan27-convert")
    ]


def test_returns_an_image_batch(numbered):
    """The tensor is contiguous float32 (F, H, W, 3) within 0..1."""
    frames = frames_of(numbered(10, 128, 96))
    assert ((10, 96, 128, 3), torch.float32, True) == (
        tuple(frames.shape),
        frames.dtype,
        frames.is_contiguous(),
    )
    assert (True, True) == (bool(frames.min() >= 0), bool(frames.max() <= 1))


def test_frames_come_out_in_order(tmp_path):
    """A hundred frames with B-frames beside sound, decoded and converted by several threads."""
    frames, sound = numbered_frames(100), Sound(tone(3))
    path = make_video(tmp_path / "clip.mp4", frames, options=B_FRAMES, sound=sound)
    assert list(range(100)) == numbers_in(frames_of(path))


@settings(max_examples=12, deadline=None)
@given(
    count=st.integers(1, 14),
    size=st.tuples(st.integers(8, 60), st.integers(8, 40)),
    fps=st.sampled_from([Fraction(8), Fraction(24), Fraction(30000, 1001), Fraction(60)]),
    pixel_format=st.sampled_from(["yuv420p", "yuv444p", "yuv422p", "yuv420p10le"]),
    name=st.sampled_from(["clip.mp4", "clip.mkv", "clip.mov"]),
    b_frames=st.sampled_from(["0", "2"]),
)
def test_any_small_video(tmp_path_factory, *, count, size, fps, pixel_format, name, b_frames):
    """Count, order and last frame are right for any size, rate, length, layout and container."""
    width, height = 2 * size[0], 2 * size[1]
    options = {"preset": "veryfast", "qp": "4", "bf": b_frames, "g": "5"}
    frames = numbered_frames(count, width, height, pixel_format)
    path = make_video(tmp_path_factory.mktemp("any") / name, frames, fps=fps, options=options)
    decoded = frames_of(path)
    assert ((count, height, width, 3), fps) == (tuple(decoded.shape), probe(path).fps)
    assert list(range(count)) == numbers_in(decoded)
    assert torch.equal(decoded[-1:], last_frame_of(path))


@pytest.mark.parametrize(
    ("name", "movflags"),
    [
        ("clip.mp4", "faststart"),
        ("clip.mp4", "frag_keyframe+empty_moov"),
        ("clip.mov", ""),
        ("clip.mkv", ""),
        ("clip.ts", ""),
        ("clip.h264", ""),
    ],
)
@pytest.mark.parametrize(
    "options", [B_FRAMES, {**B_FRAMES, "x264-params": "open-gop=1"}, {"preset": "ultrafast"}]
)
def test_the_last_frame_equals_that_of_a_full_decode(tmp_path, name, movflags, options):
    """To the bit, with and without B-frames and open groups, though it seeks to the last key."""
    path = make_video(tmp_path / name, numbered_frames(47), options=options, movflags=movflags)
    last = last_frame_of(path)
    assert torch.equal(frames_of(path)[-1:], last)
    assert ([46], (1, 64, 128, 3)) == (numbers_in(last), tuple(last.shape))


@pytest.mark.parametrize(
    ("start", "count"), [(0, 60), (5, 20), (13, 30), (20, 40), (47, 1), (0, 10), (12, 24)]
)
def test_an_edit_list_is_applied(tmp_path, start, count):
    """Only what the edit list shows is decoded, and the last frame is the last that is shown."""
    path = trim(
        make_video(tmp_path / "clip.mp4", numbered_frames(60), options=B_FRAMES), start, count
    )
    frames = frames_of(path)
    assert list(range(start, start + count)) == numbers_in(frames)
    assert torch.equal(frames[-1:], last_frame_of(path))


def test_a_variable_frame_rate_drops_and_repeats_no_frame(tmp_path):
    """The times of the frames are uneven."""
    times = [number * 20 + number % 7 * 3 for number in range(40)]
    path = make_video(tmp_path / "clip.mp4", numbered_frames(40), times=times, options=B_FRAMES)
    frames = frames_of(path)
    assert list(range(40)) == numbers_in(frames)
    assert torch.equal(frames[-1:], last_frame_of(path))


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_the_orientation_is_applied(tmp_path, quarter_turns, is_mirrored):
    """A turned or mirrored file comes out as players show it, also its last frame."""
    plain = frames_of(make_video(tmp_path / "clip.mp4", numbered_frames(5, 128, 66)))
    path = turn(tmp_path / "clip.mp4", quarter_turns, is_mirrored=is_mirrored)
    stored = plain.flip(2) if is_mirrored else plain
    frames = frames_of(path)
    assert torch.equal(torch.rot90(stored, quarter_turns, (1, 2)), frames)
    assert torch.equal(frames[-1:], last_frame_of(path))


@pytest.mark.parametrize("decode", [frames_of, last_frame_of])
@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(tmp_path, numbered, decode, part):
    """A file without its end is not passed on as a shorter clip."""
    with pytest.raises(InvalidVideo, match="cut short"):
        decode(cut(numbered(60, 320, 180), part, tmp_path))


def test_a_change_of_size_is_refused(tmp_path):
    """A frame of another size is not scaled without notice."""
    parts = [
        make_video(tmp_path / f"{width}.h264", numbered_frames(8, width, 64))
        for width in (128, 192)
    ]
    path = tmp_path / "clip.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(InvalidVideo, match="changes its size from 128 × 64 to 192 × 64"):
        frames_of(path)
    assert [] == _converters()


@pytest.mark.parametrize("counted", [1, 7, 9, 10, 11, 14])
def test_a_wrong_count_loses_no_frame(numbered, counted):
    """More frames than counted are kept, fewer leave no empty ones behind."""
    clip = probe(numbered(10))
    frames = decode_frames(replace(clip, frame_count=counted), no_op)
    assert (list(range(10)), True) == (numbers_in(frames), frames.is_contiguous())


def test_the_memory_is_allocated_once(numbered):
    """The tensor is exactly as large as its pixels, and almost nothing else is needed."""
    path = numbered(60, 320, 180)
    tracemalloc.start()
    frames = frames_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = frames.numel() * 4
    assert size == frames.untyped_storage().nbytes()
    assert peak <= 1.05 * size


@pytest.mark.parametrize("call", [1, 2, 30, 55, 75])
def test_a_tick_ends_the_work(numbered, call):
    """What it raises comes out before another tick; threads and memory are released."""
    clip = probe(numbered(40, 1280, 720))
    tick, calls = stop_at(call)
    tracemalloc.start()
    with pytest.raises(Stopped) as stopped:
        decode_frames(clip, tick)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stopped.value.__traceback__ is not None
    assert (call, []) == (len(calls), _converters())
    assert kept < 40 * 1280 * 720 * 12 / 20


@pytest.mark.parametrize("decode", [decode_frames, decode_last_frame])
def test_ticks_at_least_once_a_frame(numbered, decode):
    """So that a cancel is noticed soon."""
    tick, calls = stop_at(None)
    decode(probe(numbered(30)), tick)
    assert len(calls) >= 30


def test_a_tick_ends_the_search_for_the_last_frame(numbered):
    """It may raise there as well."""
    with pytest.raises(Stopped):
        decode_last_frame(probe(numbered(30)), stop_at(5)[0])


@pytest.mark.parametrize("good", [0, 3, 59])
def test_an_error_in_a_worker_comes_out(numbered, monkeypatch, good):
    """A conversion that fails ends the decoder instead of filling its queue."""
    seen = []
    write = FrameWriter.write

    def fail(self, frame, out):
        seen.append(frame)
        if len(seen) > good:
            raise MemoryError("no more")
        write(self, frame, out)

    monkeypatch.setattr(FrameWriter, "write", fail)
    with pytest.raises(MemoryError, match="no more"):
        frames_of(numbered(60))
    assert [] == _converters()


def test_values_are_divided_as_comfyui_does(numbered):
    """Bytes divided by 255 in float32, to the last bit."""
    frames = frames_of(numbered(3))
    bytes_ = (frames * 255).round().to(torch.uint8)
    assert np.array_equal(bytes_.numpy().astype(np.float32) / np.float32(255), frames.numpy())
