"""Any AUDIO becomes a file that the API takes, or is refused with the reason."""

from __future__ import annotations

import av
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidInput
from wan27.limits import MEDIA, MEGABYTE
from wan27.media.encode.sound import encode_sound
from wan27.media.read.clip import no_op

LIMITS = MEDIA["driving_audio"]


def _audio(samples, rate):
    return {"waveform": samples[None], "sample_rate": rate}


def _read(path):
    """Return the codec, channels, rate and seconds of a file."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(audio=0))
        return stream.codec_context.name, stream.channels, stream.rate, samples / stream.rate


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.sampled_from([0.5, 1.9, 1.9999, 2.0, 2.5, 29.999, 30.0, 30.001, 31.0])
    | st.floats(0.01, 33),
    rate=st.integers(8000, 24000)
    | st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000, 192000]),
    channels=st.integers(1, 8),
    kind=st.sampled_from([torch.float16, torch.float32, torch.float64, torch.bfloat16]),
    is_view=st.booleans(),
)
@example(seconds=29.999, rate=192000, channels=2, kind=torch.float32, is_view=False)
def test_any_sound(tmp_path_factory, *, seconds, rate, channels, kind, is_view):
    """From 2 to 30 s it becomes a file of the same length, small enough; others leave no file."""
    folder = tmp_path_factory.mktemp("sound")
    samples = torch.zeros(channels, max(1, round(seconds * rate)), dtype=kind)
    samples = samples.t().contiguous().t() if is_view else samples
    lasts = samples.shape[1] / rate
    try:
        path = encode_sound(_audio(samples, rate), "driving_audio", folder, no_op)
    except InvalidInput as error:
        assert (False, []) == (2 <= lasts <= 30, list(folder.iterdir())), error
        return
    codec, sent_channels, _, sent_seconds = _read(path)
    wav_bytes = 44 + 2 * min(channels, 2) * samples.shape[1]
    assert ("pcm_s16le" if wav_bytes <= LIMITS.max_bytes else "mp3float", min(channels, 2)) == (
        codec,
        sent_channels,
    )
    assert (pytest.approx(lasts, abs=0.1 if codec == "mp3float" else 1e-9), True) == (
        sent_seconds,
        path.stat().st_size <= LIMITS.max_bytes,
    )


def test_a_sound_above_15_megabytes_becomes_mp3(tmp_path):
    """Half a minute at 192 kHz is too large as wav, but not as mp3."""
    samples = torch.from_numpy(
        np.sin(np.arange(30 * 192_000) * 440 * 2 * np.pi / 192_000).astype(np.float32) / 2
    ).expand(2, -1)
    path = encode_sound(_audio(samples, 192_000), "driving_audio", tmp_path, no_op)
    codec, channels, rate, seconds = _read(path)
    assert ("mp3float", 2, 48000, pytest.approx(30, abs=0.1)) == (codec, channels, rate, seconds)
    assert path.stat().st_size < MEGABYTE


def test_an_hour_is_refused_unread(tmp_path):
    """The length is known without a sample, so nothing is copied or searched for NaN."""
    one_value = (
        torch.empty(1, 1, 1, dtype=torch.float16).fill_(float("nan")).expand(1, 2, 48000 * 3600)
    )
    with pytest.raises(
        InvalidInput, match=r"driving_audio lasts 3600 s; the API takes 2 to 30 s\."
    ):
        encode_sound(
            {"waveform": one_value, "sample_rate": 48000}, "driving_audio", tmp_path, no_op
        )


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
@settings(max_examples=5, deadline=None)
@given(index=st.integers(0, 2 * 16000 - 1))
def test_one_broken_sample_is_found(tmp_path_factory, broken, index):
    """Wherever it is."""
    samples = torch.zeros(1, 2 * 16000)
    samples[0, index] = broken
    with pytest.raises(InvalidInput, match="driving_audio contains NaN or Inf values"):
        encode_sound(
            _audio(samples, 16000), "driving_audio", tmp_path_factory.mktemp("broken"), no_op
        )
