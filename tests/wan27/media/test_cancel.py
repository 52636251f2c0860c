"""A cancel in the middle of any media work: heard after a bounded piece of it, and nothing is left behind."""

from __future__ import annotations

import functools
import threading
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.decode.sound import decode_audio
from wan27.media.encode.clip import encode_frames_clip, encode_video_clip
from wan27.media.encode.content_hash import hash_of_file, hash_of_frames, hash_of_sound
from wan27.media.encode.mp4 import Mp4Writer, Track
from wan27.media.encode.prepare import prepare_clip, prepare_frames, reason_to_encode
from wan27.media.encode.sound import encode_sound
from wan27.media.read.clip import probe

from .make_video import Sound, make_video, numbered_frames, tone

PICTURES = 72
AUDIO = {"waveform": torch.from_numpy(tone(3))[None], "sample_rate": 48000}
FRAMES = torch.linspace(0, 1, 256)[None, None, :, None].expand(48, 240, -1, 3)


class Stopped(BaseException):
    """As ComfyUI's interrupt since 0.20: no Exception."""


WORK = {
    "probe": lambda clip, _, tick: probe(clip, tick),
    "decode_frames": lambda clip, _, tick: decode_frames(probe(clip, tick), tick),
    "decode_last_frame": lambda clip, _, tick: decode_last_frame(probe(clip, tick), tick),
    "decode_audio": lambda clip, _, tick: decode_audio(probe(clip, tick), tick),
    "reason_to_encode": lambda clip, _, tick: reason_to_encode(clip, tick),
    "prepare_clip as it is": lambda clip, folder, tick: prepare_clip(
        clip, folder / "out.mp4", tick
    ),
    "prepare_clip trimmed": lambda clip, folder, tick: prepare_clip(
        clip, folder / "out.mp4", tick, start_seconds=0.5
    ),
    "prepare_frames": lambda _, folder, tick: prepare_frames(
        FRAMES, 24, AUDIO, folder / "out.mp4", tick
    ),
    "encode_frames_clip": lambda _, folder, tick: encode_frames_clip(
        FRAMES, 24, AUDIO, folder / "out.mp4", tick
    ),
    "encode_video_clip": lambda clip, folder, tick: encode_video_clip(
        clip, folder / "out.mp4", tick, start_seconds=0.5, duration_seconds=2
    ),
    "encode_sound": lambda _, folder, tick: encode_sound(AUDIO, "driving_audio", folder, tick),
    "encode_sound as mp3": lambda _, folder, tick: encode_sound(
        AUDIO, "driving_audio", folder, tick, fit_bytes=100_000
    ),
    "hash_of_file": lambda clip, _, tick: hash_of_file(clip, 0, 0, tick),
    "hash_of_frames": lambda _, __, tick: hash_of_frames(FRAMES, 24, AUDIO, tick),
    "hash_of_sound": lambda _, __, tick: hash_of_sound(AUDIO, tick),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Three seconds with sound that the API takes, B-frames and all."""
    options = {"preset": "medium", "g": "24", "bf": "3"}
    return make_video(
        tmp_path_factory.mktemp("clip") / "clip.mp4",
        numbered_frames(PICTURES, 256, 240),
        fps=24,
        options=options,
        sound=Sound(tone(3)),
    )


def _native_threads():
    tasks = Path("/proc/self/task")  # on Linux
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


@pytest.fixture(scope="module")
def ticks_of(clip, tmp_path_factory):
    """A function that says how often a piece of work ticks, undisturbed."""

    @functools.cache
    def count(name):
        calls = []
        WORK[name](clip, tmp_path_factory.mktemp("whole"), lambda: calls.append(1))
        return len(calls)

    return count


@pytest.mark.parametrize("name", WORK)
@settings(max_examples=4, deadline=None)
@given(part=st.floats(0, 1))
def test_a_cancel_ends_the_work_wherever_it_comes(tmp_path_factory, clip, ticks_of, name, part):
    """The tick that raises is the last one that is called, what it raised comes out, and no file and no thread of ours is left."""
    work, folder = WORK[name], tmp_path_factory.mktemp("cancel")
    last = 1 + int(part * (ticks_of(name) - 1))
    threads, native, calls = threading.active_count(), _native_threads(), []

    def tick():
        calls.append(1)
        if len(calls) == last:
            raise Stopped

    with pytest.raises(Stopped):
        work(clip, folder, tick)
    assert (last, [], threads) == (len(calls), list(folder.iterdir()), threading.active_count())
    assert native + 2 >= _native_threads()  # torch starts some of its own at its first use


@pytest.mark.parametrize(
    "name",
    ["probe", "decode_frames", "prepare_clip as it is", "encode_frames_clip", "encode_video_clip"],
)
def test_there_is_a_tick_for_each_picture(ticks_of, name):
    """However many pictures there are, the work between two ticks is that of one."""
    assert ticks_of(name) >= 48  # of 72, or of the 48 in the window


def test_pictures_that_the_encoder_kept_back_are_encoded_one_by_one(tmp_path):
    """x264 looks ahead: what it still holds at the end would take seconds at once at 1080P, so there is a tick for each packet there, too."""
    events = []
    with Mp4Writer(
        tmp_path / "out.mp4",
        Track(256, 240, Fraction(24), Fraction(1, 24)),
        None,
        18,
        lambda: events.append("packet"),
    ) as writer:
        for number, frame in enumerate(numbered_frames(30, 256, 240)):
            writer.write(frame, number, 1)
        written = len(events)
    assert (30, True) == (len(events), written < 30)


def test_sound_behind_the_pictures_costs_nothing(tmp_path):
    """An hour of sound beside a second of frames is cut before it is looked at."""
    broken_later = torch.zeros(1, 1, 3 * 48000)
    broken_later[..., 2 * 48000 :] = float("nan")
    encode_frames_clip(
        FRAMES[:24],
        24,
        {"waveform": broken_later, "sample_rate": 48000},
        tmp_path / "out.mp4",
        lambda: None,
    )
    assert 1.0 == probe(tmp_path / "out.mp4").seconds
