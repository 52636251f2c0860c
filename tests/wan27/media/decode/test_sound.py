"""Sound: every channel, at its own rate, exactly as long as the pictures and in step with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wan27.errors import InvalidVideo
from wan27.media.decode.sound import decode_audio
from wan27.media.read.clip import probe

from ..decoded import audio_of
from ..make_video import Sound, cut, make_video, numbered_frames, tone


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
def test_sound_is_as_long_as_the_pictures_and_in_step(tmp_path, name):
    """AAC's priming in front and its padding behind are gone."""
    sound = tone(2)
    waveform, rate = _decode(
        make_video(
            tmp_path / name,
            numbered_frames(60),
            sound=Sound(sound),
            options={"preset": "medium", "bf": "0"},
        )
    )
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
def test_every_sample_format(tmp_path, name, codec, sample_format, tolerance):
    """Whole numbers and floats, packed and planar, become floats in -1..1."""
    sound = tone(1)
    recipe = Sound(sound, codec=codec, sample_format=sample_format)
    waveform, _ = _decode(make_video(tmp_path / name, numbered_frames(30), sound=recipe))
    assert sound.shape == waveform.shape
    assert _alike(sound, waveform, tolerance * 1.01)


@pytest.mark.parametrize(
    ("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6), ("7.1", 8)]
)
@pytest.mark.parametrize("rate", [16000, 44100])
def test_every_channel_at_its_own_rate(tmp_path, layout, channels, rate):
    """Nothing is mixed down or resampled."""
    sound = tone(1, channels, rate)
    waveform, decoded_rate = _decode(
        make_video(
            tmp_path / "clip.mov",
            numbered_frames(30),
            sound=Sound(sound, rate, "pcm_s16le", "s16", layout),
        )
    )
    assert ((channels, rate), rate) == (waveform.shape, decoded_rate)
    assert _alike(sound, waveform, 1e-4)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6)])
def test_aac_of_one_and_of_six_channels(tmp_path, layout, channels):
    """The codec of mp4 keeps its channels too."""
    waveform, _ = _decode(
        make_video(
            tmp_path / "clip.mp4",
            numbered_frames(30),
            sound=Sound(tone(1, channels), layout=layout),
        )
    )
    assert (channels, 48000) == waveform.shape
    assert (
        np.delete(np.abs(waveform).max(axis=1), slice(3, 4)).min() > 0.05
    )  # the fourth of six is for the bass alone


def test_sound_that_starts_late_is_preceded_by_silence(tmp_path):
    """Half a second late in the file is half a second late in the tensor."""
    waveform, _ = _decode(
        make_video(
            tmp_path / "clip.mp4", numbered_frames(60), sound=Sound(tone(1), late_seconds=0.5)
        )
    )
    loud = np.flatnonzero(np.abs(waveform[0]) > 0.1)
    assert ((2, 96000), 0) == (waveform.shape, np.abs(waveform[:, :22900]).max())
    assert (24000, 72000) == pytest.approx(
        (loud[0], loud[-1]), abs=96
    )  # edit lists count in milliseconds


def test_sound_that_ends_early_is_followed_by_silence(tmp_path):
    """Frames and sound stay equally long."""
    waveform, _ = _decode(
        make_video(tmp_path / "clip.mp4", numbered_frames(60), sound=Sound(tone(1)))
    )
    assert ((2, 96000), 0) == (waveform.shape, np.abs(waveform[:, 51000:]).max())


def test_sound_that_runs_on_is_cut(tmp_path):
    """What plays after the last picture is not part of the clip."""
    sound = tone(2)
    waveform, _ = _decode(
        make_video(tmp_path / "clip.mp4", numbered_frames(30), sound=Sound(sound))
    )
    assert (2, 48000) == waveform.shape
    assert _alike(sound[:, :48000], waveform)


def test_a_silent_video_gives_silence(tmp_path):
    """Nodes after it get a real AUDIO, stereo, of the video's length."""
    waveform, rate = _decode(make_video(tmp_path / "clip.mp4", numbered_frames(45)))
    assert ((2, 66150), 44100, 0) == (waveform.shape, rate, np.abs(waveform).max())


def test_a_tick_ends_the_work(tmp_path):
    """It is called for every packet, and what it raises comes out."""
    calls = []

    def tick():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_audio(
            probe(make_video(tmp_path / "clip.mp4", numbered_frames(30), sound=Sound(tone(1)))),
            tick,
        )
    assert 3 == len(calls)


def test_refuses_what_is_no_video(tmp_path):
    """An error page has no sound."""
    path = tmp_path / "clip.mp4"
    path.write_text("<html>")
    with pytest.raises(InvalidVideo, match="is not a video that can be read"):
        audio_of(path)


def test_refuses_a_cut_file(tmp_path):
    """Half of a download has no sound to hand on either."""
    path = cut(make_video(tmp_path / "clip.mp4", numbered_frames(60), sound=Sound(tone(2))), 0.5)
    with pytest.raises(InvalidVideo, match="cut short"):
        audio_of(path)
