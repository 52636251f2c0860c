"""An FFmpeg without the encoder that an input needs."""

from __future__ import annotations

import sys

import av
import numpy as np
import pytest
import torch

from wan27.errors import NotInstalled
from wan27.media.encode.prepare import prepare_frames
from wan27.media.encode.sound import encode_sound


def no_op():
    """Do nothing."""


@pytest.fixture
def without(monkeypatch):
    """Return a function that takes an encoder away, as a distribution's build does."""
    real = av.codec.Codec

    def take_away(name):
        def codec(asked, mode="r"):
            return real("no_such" if asked == name else asked, mode)

        monkeypatch.setattr(av.codec, "Codec", codec)

    return take_away


def test_an_ffmpeg_without_x264_is_named_with_what_helps(without, tmp_path):
    """It is found before anything is sent; no file is left."""
    without("libx264")
    frames = torch.from_numpy(np.random.default_rng(1).random((60, 240, 320, 3), np.float32))
    target = tmp_path / "first_clip.mp4"
    with pytest.raises(NotInstalled) as error:
        prepare_frames(frames, 30, None, target, no_op, name="clip_frames")
    assert "has no encoder libx264, which this input needs, so nothing was sent" in str(error.value)
    assert f'"{sys.executable}" -m pip install --force-reinstall --only-binary av av' in str(
        error.value
    )
    assert not target.exists()


def test_an_ffmpeg_without_mp3_matters_only_to_a_long_sound(without, tmp_path):
    """A shorter one is wav."""
    without("libmp3lame")
    audio = {"waveform": torch.zeros(1, 1, 48000 * 3), "sample_rate": 48000}
    assert ".wav" == encode_sound(audio, "driving_audio", tmp_path, no_op).suffix
    with pytest.raises(NotInstalled, match="has no encoder libmp3lame"):
        encode_sound(audio, "driving_audio", tmp_path, no_op, fit_bytes=1000)
    assert [tmp_path / "driving_audio.wav"] == list(tmp_path.iterdir())
