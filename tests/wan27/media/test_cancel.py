"""A cancel in the middle of any media work: noticed soon, and nothing is left behind."""

from __future__ import annotations

import functools
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.decode.sound import decode_audio
from wan27.media.encode.clip import encode_frames_clip, encode_video_clip
from wan27.media.encode.content_hash import hash_of_clip, hash_of_frames, hash_of_sound
from wan27.media.encode.mp4 import Mp4Writer, Track
from wan27.media.encode.prepare import check_source, prepare_clip, prepare_frames
from wan27.media.encode.sound import encode_sound
from wan27.media.encode.thumbnail import thumbnail_of_clip
from wan27.media.read.clip import no_op
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from .make_video import Sound, make_video, numbered_frames, tone
from .stopping import Stopped, stop_at, threads

AUDIO = {"waveform": torch.from_numpy(tone(3))[None], "sample_rate": 48000}
FRAMES = torch.linspace(0, 1, 256)[None, None, :, None].expand(24, 240, -1, 3)


def _window(path, start_seconds=0.0, duration_seconds=0.0, tick=no_op):
    return window_of(probe(path, tick), start_seconds, duration_seconds)


WORK = {
    "probe": lambda path, _, tick: probe(path, tick),
    "decode_frames": lambda path, _, tick: decode_frames(probe(path), tick),
    "decode_last_frame": lambda path, _, tick: decode_last_frame(probe(path), tick),
    "decode_audio": lambda path, _, tick: decode_audio(probe(path), tick),
    "thumbnail_of_clip": lambda path, _, tick: thumbnail_of_clip(_window(path, 0.5), tick),
    "prepare_clip": lambda path, folder, tick: prepare_clip(
        check_source(_window(path, 0.5)), folder / "out.mp4", tick
    ),
    "prepare_frames": lambda _, folder, tick: prepare_frames(
        FRAMES, 12, AUDIO, folder / "out.mp4", tick
    ),
    "encode_frames_clip": lambda _, folder, tick: encode_frames_clip(
        FRAMES, 12, AUDIO, folder / "out.mp4", tick
    ),
    "encode_video_clip": lambda path, folder, tick: encode_video_clip(
        _window(path, 0.5, 2), folder / "out.mp4", tick
    ),
    "encode_sound": lambda _, folder, tick: encode_sound(AUDIO, "driving_audio", folder, tick),
    "encode_sound as mp3": lambda _, folder, tick: encode_sound(
        AUDIO, "driving_audio", folder, tick, fit_bytes=100_000
    ),
    "hash_of_clip": lambda path, _, tick: hash_of_clip(_window(path), tick),
    "check_source": lambda path, _, tick: check_source(_window(path), tick=tick),
    "hash_of_frames": lambda _, __, tick: hash_of_frames(FRAMES, 12, AUDIO, tick),
    "hash_of_sound": lambda _, __, tick: hash_of_sound(AUDIO, tick),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Three seconds with sound that the API takes, with B-frames."""
    return make_video(
        tmp_path_factory.mktemp("clip") / "clip.mp4",
        numbered_frames(36, 256, 240),
        fps=12,
        options={"preset": "medium", "g": "12", "bf": "3"},
        sound=Sound(tone(3)),
    )


@pytest.fixture(scope="module")
def ticks_of(clip, tmp_path_factory):
    """Return a function that counts the ticks of a piece of work that is not cancelled."""

    @functools.cache
    def count(name):
        tick, calls = stop_at(None)
        WORK[name](clip, tmp_path_factory.mktemp("whole"), tick)
        return len(calls)

    return count


@pytest.mark.parametrize("name", WORK)
@settings(max_examples=4, deadline=None)
@given(part=st.floats(0, 1))
def test_a_cancel_ends_the_work_at_any_moment(tmp_path_factory, clip, ticks_of, name, part):
    """The tick that raises is the last one called, its error comes out, and no file is left."""
    work, folder = WORK[name], tmp_path_factory.mktemp("cancel")
    last = 1 + int(part * (ticks_of(name) - 1))
    ours, native = threads()
    tick, calls = stop_at(last)
    with pytest.raises(Stopped):
        work(clip, folder, tick)
    ours_after, native_after = threads()
    assert (last, [], ours) == (len(calls), list(folder.iterdir()), ours_after)
    assert native + 2 >= native_after  # torch starts some of its own at its first use


@pytest.mark.parametrize(
    "name", ["probe", "decode_frames", "prepare_clip", "encode_frames_clip", "encode_video_clip"]
)
def test_there_is_a_tick_for_each_frame(ticks_of, name):
    """However many frames there are, the work between two ticks is that of one."""
    assert ticks_of(name) >= 24  # of 36, or of the 24 in the window


def test_frames_that_the_encoder_delayed_are_encoded_one_by_one(tmp_path):
    """x264 looks ahead: all that it delayed would take seconds at the end of a 1080P clip."""
    tick, calls = stop_at(None)
    track = Track(256, 240, Fraction(24), Fraction(1, 24))
    with Mp4Writer(tmp_path / "out.mp4", track, None, 18, tick) as writer:
        for number, frame in enumerate(numbered_frames(30, 256, 240)):
            writer.write(frame, number, 1)
        written = len(calls)
    assert (30, True) == (len(calls), written < 30)


def test_sound_longer_than_the_frames_is_not_read(tmp_path):
    """An hour of sound beside a second of frames is cut before it is checked."""
    broken_later = torch.zeros(1, 1, 3 * 48000)
    broken_later[..., 2 * 48000 :] = float("nan")
    audio = {"waveform": broken_later, "sample_rate": 48000}
    encode_frames_clip(FRAMES[:12], 12, audio, tmp_path / "out.mp4", no_op)
    assert 1.0 == probe(tmp_path / "out.mp4").seconds
