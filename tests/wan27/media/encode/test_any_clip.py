"""Any part of any source: the frames, times and sound that arrive are those of a plain decode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidInput
from wan27.media.encode.clip import encode_frames_clip, encode_video_clip
from wan27.media.read.clip import check_complete, no_op
from wan27.media.read.orientation import UPRIGHT
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..decoded import audio_of, frames_of
from ..make_video import Sound, make_video, numbered_frames, numbers_in, tone, trim, turn

FRAMES, FPS = 72, 24
SWITCHES_A_SECOND = 3  # the sources are loud and silent in turns
B_FRAMES = {"preset": "medium", "g": "12", "bf": "3"}
UNEVEN = [number * 25 + number % 7 * 3 for number in range(FRAMES)]


def _signal(rate=48000, channels=2, seconds=FRAMES / FPS):
    sound = tone(seconds, channels, rate)
    return sound * (np.arange(sound.shape[1]) * SWITCHES_A_SECOND // rate % 2)


def _sound(rate=48000, layout="stereo", codec="aac", sample_format="fltp"):
    channels = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}[layout]
    return Sound(_signal(rate, channels).astype(np.float32), rate, codec, sample_format, layout)


SOURCES = {
    "plain.mp4": {"options": B_FRAMES, "sound": _sound()},
    "fragments.mp4": {
        "options": B_FRAMES,
        "sound": _sound(44100),
        "movflags": "frag_keyframe+empty_moov",
    },
    "mono.mov": {"sound": _sound(8000, "mono", "pcm_s16le", "s16")},
    "wide.mov": {"sound": _sound(96000, "7.1", "pcm_s16le", "s16"), "pixel_format": "yuv422p"},
    "surround.mkv": {"sound": _sound(48000, "5.1", "flac", "s16"), "options": B_FRAMES},
    "vp8.webm": {
        "codec": "libvpx",
        "sound": _sound(48000, "stereo", "libopus", "flt"),
        "options": {"deadline": "realtime"},
    },
    "plain.ts": {"options": B_FRAMES, "sound": _sound()},
    "full.mp4": {"pixel_format": "yuvj420p", "sound": _sound()},
    "ten_bit.mkv": {"pixel_format": "yuv420p10le", "options": B_FRAMES},
    "dense.mp4": {"pixel_format": "yuv444p", "sound": _sound(22050)},
    "uneven.mp4": {"times": UNEVEN, "options": B_FRAMES, "sound": _sound()},
    "open_groups.mp4": {"options": {**B_FRAMES, "x264-params": "open-gop=1:scenecut=0:b-adapt=0"}},
    "edited.mp4": {"options": B_FRAMES},
    "turned1.mp4": {"sound": _sound()},
    "turned2.mp4": {"sound": _sound()},
    "turned3.mp4": {"sound": _sound()},
}


@dataclass(frozen=True)
class Source:
    """A file, and what FFmpeg alone reads: frame times in `unit` seconds, and when sound begins."""

    path: Path
    unit: Fraction
    times: list[int]
    frames: torch.Tensor
    sound_seconds: float

    def window(self, start_seconds, duration_seconds):
        """Return the indexes of the frames that ComfyUI's own decoder takes from this window."""
        low = int(start_seconds / self.unit)
        high = int((start_seconds + duration_seconds) / self.unit) if duration_seconds else math.inf
        return [index for index, time in enumerate(self.times) if low <= time < high]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Return a function that makes each source once."""
    folder, made = tmp_path_factory.mktemp("sources"), {}

    def make(name):
        if name not in made:
            made[name] = _make(folder / name, **SOURCES[name])
        return made[name]

    return make


def _make(path, pixel_format="yuv420p", **recipe):
    make_video(path, numbered_frames(FRAMES, 128, 64, pixel_format), **{"fps": FPS, **recipe})
    if path.stem.startswith("turned"):
        turn(path, int(path.stem[-1]))
    if path.stem == "edited":
        trim(path, 5, 75)  # counted in thirtieths of a second
    with av.open(str(path)) as container:
        times = [frame.pts for frame in container.decode(video=0)]
        unit = container.streams.video[0].time_base
    return Source(path, unit, times, frames_of(path), _first_loud(path) - 1 / SWITCHES_A_SECOND)


def _first_loud(path):
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio) if container.streams.audio else ():
            samples = np.abs(frame.to_ndarray().astype(np.float64))
            if samples.max() > (10_000 if frame.format.name.startswith("s") else 0.3):
                interleaved = 1 if frame.format.is_planar else frame.layout.nb_channels
                return (
                    frame.time
                    + int(np.argmax(samples[0] > samples.max() / 2))
                    / interleaved
                    / frame.sample_rate
                )
    return 0.0


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(SOURCES)),
    start=st.floats(-2, 3.5) | st.integers(0, FRAMES).map(lambda frame: frame / FPS),
    duration=st.just(0.0)
    | st.floats(0.001, 4)
    | st.integers(1, FRAMES).map(lambda frame: frame / FPS),
)
@example(name="plain.ts", start=0.1, duration=0.02)
@example(name="uneven.mp4", start=0.51, duration=0.0)
def test_a_window_is_what_a_plain_decode_gives(tmp_path_factory, source, *, name, start, duration):
    """Frames, order and times are the same, the sound is in step, and hosts can read the file."""
    given_, target = source(name), tmp_path_factory.mktemp("window") / "out.mp4"
    expected = given_.window(start, duration)
    try:
        encode_video_clip(window_of(probe(given_.path), start, duration), target, no_op)
    except InvalidInput as error:
        assert ([], False) == (expected, target.exists()), error
        return
    frames, clip = frames_of(target), probe(target)
    assert len(expected) == len(frames)
    assert (frames - given_.frames[expected]).abs().mean(dim=(1, 2, 3)).max() < 3 / 255
    assert [pytest.approx(time, abs=0.001) for time in _since_first(given_, expected)] == _times(
        target
    )
    _check_legal(target)
    if SOURCES[name].get("sound"):
        first = float(given_.times[expected[0]] * given_.unit) - given_.sound_seconds
        _check_in_step(audio_of(target), first, clip.seconds)


def _since_first(source, indexes):
    first = source.times[indexes[0]]
    return [float((source.times[index] - first) * source.unit) for index in indexes]


def _times(path):
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def _check_legal(path):
    clip = probe(path)
    check_complete(clip)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = int(context.colorspace), int(context.color_range)
        assert ("h264", "yuv420p", 1, 1) == (context.name, context.pix_fmt, *tags)
        assert ("mov,mp4,m4a,3gp,3g2,mj2", UPRIGHT, 0.0) == (
            clip.container,
            clip.orientation,
            clip.start_seconds,
        )


def _check_in_step(audio, first_seconds, seconds):
    """Check that each frame is loud where the source is, except within a frame of a switch."""
    wave, rate = audio["waveform"][0, 0].abs(), audio["sample_rate"]
    assert round(seconds * rate) == len(wave)
    for middle in np.arange(0.5, int(seconds * FPS)) / FPS:
        phase = (first_seconds + middle) * SWITCHES_A_SECOND
        if (
            min(phase % 1, 1 - phase % 1) < 1.5 * SWITCHES_A_SECOND / FPS
            or not 0 < first_seconds + middle < FRAMES / FPS - 0.05
        ):
            continue
        around = wave[int((middle - 0.01) * rate) : int((middle + 0.01) * rate)]
        assert bool(int(phase) % 2) == bool(around.max() > 0.15), (first_seconds, middle)


RATES = st.sampled_from(
    [1, 8, 12.5, 16.0, 23.976, Fraction(24000, 1001), 29.97, 29.970000000000002, 59.94, 120]
) | st.floats(1, 120)


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 10),
    size=st.tuples(st.integers(8, 40), st.integers(8, 40))
    | st.sampled_from([(8, 64), (64, 8), (2048, 16), (16, 2048)]),
    fps=RATES,
    channels=st.sampled_from([1, 3, 4]),
    kind=st.sampled_from([torch.float16, torch.float32, torch.float64]),
    view=st.sampled_from(["whole", "every second", "expanded", "mirrored axes"]),
    beyond=st.sampled_from([0.0, 0.04]),
    sound_seconds=st.sampled_from([None, 0.02, 30.0]),
)
def test_any_frames_arrive(
    tmp_path_factory, *, count, size, fps, channels, kind, view, beyond, sound_seconds
):
    """In order and on time for any size, rate, channels, kind of float, memory layout and sound."""
    target = tmp_path_factory.mktemp("frames") / "clip.mp4"
    frames = _view(_numbered(count, 2 * size[0], 2 * size[1], channels, beyond).to(kind), view)
    sound = (
        None
        if sound_seconds is None
        else {"waveform": torch.from_numpy(tone(sound_seconds))[None], "sample_rate": 48000}
    )
    encode_frames_clip(frames, fps, sound, target, no_op)
    decoded, clip = frames_of(target), probe(target)
    numbers = (
        [0] * len(frames)
        if view == "expanded"
        else list(range(count))[:: 2 if view == "every second" else 1]
    )
    assert (numbers, (2 * size[0], 2 * size[1])) == (numbers_in(decoded), (clip.width, clip.height))
    assert (pytest.approx(len(frames) / fps, abs=1e-3), sound is not None) == (
        clip.seconds,
        clip.has_audio,
    )
    assert [pytest.approx(number / fps, abs=1e-3) for number in range(len(frames))] == _times(
        target
    )
    _check_legal(target)


def _numbered(count, width, height, channels, beyond):
    """Return numbered frames of 1, 3 or 4 channels (opaque), stretched by `beyond` past 0..1."""
    rgb = torch.stack(
        [
            torch.from_numpy(f.to_ndarray(format="rgb24")) / 255
            for f in numbered_frames(count, width, height, "rgb24")
        ]
    )
    stretched = (rgb - 0.5) * (1 + 2 * beyond) + 0.5
    return (
        torch.cat([stretched, torch.ones(count, height, width, 1)], dim=-1)[..., :channels]
        if channels > 1
        else stretched[..., :1]
    )


def _view(frames, view):
    if view == "every second":
        return frames[::2]
    if view == "expanded":
        return frames[:1].expand(5, -1, -1, -1)
    return (
        frames.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)
        if view == "mirrored axes"
        else frames
    )
