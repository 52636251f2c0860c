"""Sound: every channel, at its own rate, exactly as long as the frames and in step with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wan27.errors import InvalidVideo
from wan27.media.decode.sound import decode_audio
from wan27.media.read.probe import probe

from ..decoded import audio_of
from ..make_video import Sound, cut, make_video, numbered_frames, tone
from ..stopping import Stopped, stop_at


@pytest.fixture
def video(tmp_path):
    """Return a function that writes a video of some frames with a sound."""

    def make(count, sound=None, name="clip.mp4", **recipe):
        return make_video(tmp_path / name, numbered_frames(count), sound=sound, **recipe)

    return make


def _decode(path):
    audio = audio_of(path)
    assert {"waveform", "sample_rate"} == set(audio)
    assert (torch.float32, 3, 1) == (
        audio["waveform"].dtype,
        audio["waveform"].ndim,
        audio["waveform"].shape[0],
    )
    return audio["waveform"][0].numpy(), audio["sample_rate"]


def _alike(expected, actual, tolerance=0.08):
    """Compare away from the ends, where lossy codecs ring; a shift of a few samples would show."""
    inner = slice(4096, min(expected.shape[1], actual.shape[1]) - 4096)
    return float(np.abs(expected[:, inner] - actual[:, inner]).max()) < tolerance


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.ts"])
def test_sound_is_as_long_as_the_frames_and_in_step(video, name):
    """AAC's priming in front and its padding at the end are removed."""
    sound = tone(2)
    path = video(60, Sound(sound), name, options={"preset": "medium", "bf": "0"})
    waveform, rate = _decode(path)
    assert ((2, 96000), 48000) == (waveform.shape, rate)
    assert _alike(sound, waveform)


@pytest.mark.parametrize(
    ("name", "codec", "sample_format", "tolerance"),
    [
        ("clip.mov", "pcm_s16le", "s16", 1 / 32768),
        ("clip.mov", "pcm_u8", "u8", 1 / 128),
        ("clip.mov", "pcm_s32le", "s32", 1e-6),
        ("clip.mov", "pcm_f32le", "flt", 1e-9),
        ("clip.mkv", "flac", "s16", 1 / 32768),
        ("clip.mp4", "libmp3lame", "fltp", 0.08),
        ("clip.mp4", "ac3", "fltp", 0.08),
    ],
)
def test_every_sample_format_is_converted(video, name, codec, sample_format, tolerance):
    """Integers and floats, packed and planar, become floats in -1..1."""
    sound = tone(1)
    waveform, _ = _decode(video(30, Sound(sound, codec=codec, sample_format=sample_format), name))
    assert sound.shape == waveform.shape
    assert _alike(sound, waveform, tolerance * 1.01)


@pytest.mark.parametrize(
    ("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6), ("7.1", 8)]
)
@pytest.mark.parametrize("rate", [16000, 44100])
def test_every_channel_keeps_its_rate(video, layout, channels, rate):
    """Nothing is mixed down or resampled."""
    sound = tone(1, channels, rate)
    path = video(30, Sound(sound, rate, "pcm_s16le", "s16", layout), "clip.mov")
    waveform, decoded_rate = _decode(path)
    assert ((channels, rate), rate) == (waveform.shape, decoded_rate)
    assert _alike(sound, waveform, 1e-4)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6)])
def test_aac_of_one_and_of_six_channels(video, layout, channels):
    """The codec of mp4 keeps its channels too."""
    waveform, _ = _decode(video(30, Sound(tone(1, channels), layout=layout)))
    assert (channels, 48000) == waveform.shape
    # The fourth of six is for the bass alone.
    assert np.delete(np.abs(waveform).max(axis=1), slice(3, 4)).min() > 0.05


def test_sound_that_starts_late_begins_with_silence(video):
    """Half a second late in the file is half a second late in the tensor."""
    waveform, _ = _decode(video(60, Sound(tone(1), late_seconds=0.5)))
    loud = np.flatnonzero(np.abs(waveform[0]) > 0.1)
    assert ((2, 96000), 0) == (waveform.shape, np.abs(waveform[:, :22900]).max())
    # Edit lists count in milliseconds.
    assert (24000, 72000) == pytest.approx((loud[0], loud[-1]), abs=96)


def test_sound_that_ends_early_is_followed_by_silence(video):
    """Frames and sound have the same length."""
    waveform, _ = _decode(video(60, Sound(tone(1))))
    assert ((2, 96000), 0) == (waveform.shape, np.abs(waveform[:, 51000:]).max())


def test_sound_longer_than_the_frames_is_cut(video):
    """What plays after the last frame is not part of the clip."""
    sound = tone(2)
    waveform, _ = _decode(video(30, Sound(sound)))
    assert (2, 48000) == waveform.shape
    assert _alike(sound[:, :48000], waveform)


def test_a_video_without_sound_gives_silence(video):
    """The next nodes get a real AUDIO, stereo, of the video's length."""
    waveform, rate = _decode(video(45))
    assert ((2, 66150), 44100, 0) == (waveform.shape, rate, np.abs(waveform).max())


def test_a_tick_ends_the_work(video):
    """It is called for every packet, and what it raises comes out."""
    tick, calls = stop_at(3)
    with pytest.raises(Stopped):
        decode_audio(probe(video(30, Sound(tone(1)))), tick)
    assert 3 == len(calls)


def test_a_cut_file_is_refused(tmp_path, video):
    """Half of a download has no sound to pass on either."""
    with pytest.raises(InvalidVideo, match="cut short"):
        audio_of(cut(video(60, Sound(tone(2))), 0.5, tmp_path))
