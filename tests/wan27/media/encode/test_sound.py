"""Sound as files: the samples come back, and what the API does not take is refused."""

from __future__ import annotations

import math
import wave
from collections.abc import Mapping
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidInput
from wan27.media.encode.sound import check_sound, encode_sound
from wan27.media.read.clip import no_op

from ..make_video import tone
from ..stopping import Stopped, stop_at


def _audio(samples, rate=48000):
    return {"waveform": torch.as_tensor(samples)[None], "sample_rate": rate}


def _read(path):
    """Return (samples, channels) int16 and the rate."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return data.reshape(-1, file.getnchannels()), file.getframerate()


@settings(max_examples=10, deadline=None)
@given(
    channels=st.integers(1, 2),
    rate=st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000]),
    seconds=st.floats(2, 3),
)
def test_wav_is_exact_to_16_bits(tmp_path_factory, *, channels, rate, seconds):
    """Every sample is kept, at its own rate, rounded."""
    samples = (
        np.random.default_rng(1)
        .uniform(-1, 1, (channels, math.ceil(seconds * rate)))
        .astype(np.float32)
    )
    path = encode_sound(
        _audio(samples, rate), "driving_audio", tmp_path_factory.mktemp("wav"), no_op
    )
    written, written_rate = _read(path)
    assert ("driving_audio.wav", rate, samples.T.shape) == (path.name, written_rate, written.shape)
    assert (np.rint(samples.T * 32768).clip(-32768, 32767) == written).all()


def test_loud_samples_are_clamped(tmp_path):
    """What is beyond full scale does not wrap around."""
    samples = torch.tensor([[-2.0, -1.0, 0.0, 1.0, 1.5, 9.0]]).repeat(1, 8000)
    written, _ = _read(encode_sound(_audio(samples, 16000), "driving_audio", tmp_path, no_op))
    assert [-32768, -32768, 0, 32767, 32767, 32767] == written[:6, 0].tolist()


def test_the_same_sound_is_the_same_file(tmp_path):
    """It contains no name, time or version, and the header is the shortest possible."""
    audio = _audio(tone(2))
    first, second = (tmp_path / "a", tmp_path / "b")
    first.mkdir()
    second.mkdir()
    content = encode_sound(audio, "driving_audio", first, no_op).read_bytes()
    assert content == encode_sound(audio, "driving_audio", second, no_op).read_bytes()
    assert 44 + 2 * 2 * 96000 == len(content)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(48000, 48000), (44100, 44100), (96000, 48000), (88200, 44100), (16000, 48000)],
)
def test_a_large_sound_becomes_mp3(tmp_path, rate, expected):
    """At a usual rate, as long and as loud as before."""
    path = encode_sound(
        _audio(tone(2, rate=rate), rate), "driving_audio", tmp_path, no_op, fit_bytes=100_000
    )
    assert (".mp3", True) == (path.suffix, path.stat().st_size < 100_000)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        samples = np.concatenate(
            [frame.to_ndarray() for frame in container.decode(audio=0)], axis=1
        )
        assert (expected, 2, "mp3float") == (
            stream.rate,
            stream.channels,
            stream.codec_context.name,
        )
    assert pytest.approx(2 * expected, abs=2 * 1152) == samples.shape[1]
    assert pytest.approx(0.8, abs=0.05) == np.abs(samples[0, 5000:-5000]).max()


@pytest.mark.parametrize("channels", [3, 4, 6, 8])
def test_surround_is_mixed_down_to_stereo(tmp_path, channels):
    """All channels are mixed into two, and none overflows."""
    written, _ = _read(encode_sound(_audio(tone(2, channels)), "driving_audio", tmp_path, no_op))
    assert (96000, 2) == written.shape
    assert 3000 < np.abs(written.astype(int)).max() < 32767


@pytest.mark.parametrize("kind", [torch.float16, torch.float64])
def test_any_kind_of_float(tmp_path, kind):
    """Half and double precision are accepted."""
    assert 96000 == len(
        _read(
            encode_sound(
                _audio(torch.zeros(1, 96000, dtype=kind)), "driving_audio", tmp_path, no_op
            )
        )[0]
    )


_SECONDS = torch.zeros(1, 1, 3 * 48000)
_BROKEN = _SECONDS.clone()
_BROKEN[0, 0, 77] = float("inf")


@pytest.mark.parametrize(
    ("waveform", "rate", "message"),
    [
        (_SECONDS[..., : 48000 - 1], 48000, "lasts 1 s; the API takes 2 to 30 s"),
        (_SECONDS.repeat(1, 1, 11), 48000, 'lasts 33 s; .*"Trim Audio Duration"'),
        (_SECONDS.repeat(2, 1, 1), 48000, "has 2 sounds; one is needed"),
        (_SECONDS[..., :0], 48000, "is empty"),
        (_BROKEN, 48000, "contains NaN or Inf values"),
        (_SECONDS.repeat(1, 9, 1), 48000, "has 9 channels"),
        (_SECONDS, 4000, "has a sample rate of 4000; 8000 to 192000 Hz"),
        (_SECONDS, 500_000, "has a sample rate of 500000"),
        (_SECONDS, "48 kHz", "has a sample rate of '48 kHz', which is not a number"),
        (_SECONDS, None, "has a sample rate of None, which is not a number"),
        (_SECONDS, torch.zeros(2), "has a sample rate of tensor.* which is not a number"),
        (_SECONDS, 0, "has a sample rate of 0; 8000 to 192000 Hz"),
        (_SECONDS.mT, 48000, "has its samples before its channels .144000 × 1."),
        (_SECONDS.to("meta"), 48000, "is not an AUDIO"),
        (_SECONDS, 44100.5, "has a sample rate of 44100.5"),
        (_SECONDS, float("nan"), "has a sample rate of nan"),
        (_SECONDS, True, "has a sample rate of True"),
        (_SECONDS.long(), 48000, "is not an AUDIO .its waveform must be floats, not torch.int64"),
        (_SECONDS[None], 48000, "is not an AUDIO"),
        (_SECONDS + 12000, 48000, r"has values up to 1.2e\+04; an AUDIO has -1 to 1"),
        (None, 48000, "is not an AUDIO"),
    ],
)
def test_what_the_api_does_not_take_is_refused(tmp_path, waveform, rate, message):
    """The error names the input, what is wrong and what to do."""
    with pytest.raises(InvalidInput, match=f"driving_audio {message}"):
        encode_sound({"waveform": waveform, "sample_rate": rate}, "driving_audio", tmp_path, no_op)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("fit_bytes", [10_000_000, 100])
def test_a_cancelled_sound_leaves_no_file(tmp_path, fit_bytes):
    """Whether wav or mp3."""
    tick, _ = stop_at(5)
    with pytest.raises(Stopped):
        encode_sound(_audio(tone(2)), "driving_audio", tmp_path, tick, fit_bytes=fit_bytes)
    assert [] == list(tmp_path.iterdir())


def test_a_missing_folder_is_not_blamed_on_the_sound(tmp_path):
    """It is an OSError that names the folder."""
    with pytest.raises(OSError, match="nowhere"):
        encode_sound(_audio(tone(2)), "driving_audio", tmp_path / "nowhere", no_op)


@pytest.mark.parametrize(
    "rate",
    [
        *(48000.0, "48000", Fraction(48000), np.int64(48000), np.float32(48000)),
        *(torch.tensor(48000), torch.tensor([48000.0])),
    ],
)
def test_a_rate_of_any_kind_is_taken(tmp_path, rate):
    """Loaders hand out floats, NumPy numbers and tensors."""
    path = encode_sound(_audio(tone(2), rate), "driving_audio", tmp_path, no_op)
    assert (96000, 48000) == (len(_read(path)[0]), _read(path)[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda samples: samples,
        lambda samples: samples[0],
        lambda samples: samples.numpy(),
        lambda samples: samples.numpy()[0].astype(">f8"),
        lambda samples: samples.requires_grad_(),
        lambda samples: samples.double(),
        lambda samples: samples.mul(32768).short(),
        lambda samples: samples.double().mul(2147483648).int(),
        lambda samples: samples.transpose(1, 2).contiguous().transpose(1, 2),
    ],
)
def test_a_sound_in_another_form_is_the_same_sound(tmp_path, change):
    """PCM of whole numbers, NumPy, gradients and two dimensions are clear."""
    samples = torch.from_numpy(np.rint(tone(2) * 32768) / np.float32(32768))[None]
    path = encode_sound(_audio(tone(2)), "driving_audio", tmp_path, no_op)
    expected = path.read_bytes()
    audio = {"waveform": change(samples), "sample_rate": 48000}
    assert expected == encode_sound(audio, "driving_audio", tmp_path, no_op).read_bytes()


def test_one_dimension_is_mono(tmp_path):
    """As torchaudio's functions give it."""
    audio = {"waveform": torch.from_numpy(tone(2))[0], "sample_rate": 48000}
    written, _ = _read(encode_sound(audio, "driving_audio", tmp_path, no_op))
    assert (96000, 1) == written.shape


@pytest.mark.parametrize("samples", [96000 - 1, 96000, 30 * 48000 + 1, 30 * 48000 + 48])
def test_a_sample_beyond_a_limit_is_within_it(samples):
    """A millisecond is rounding."""
    sound = {"waveform": torch.zeros(1, 1, samples), "sample_rate": 48000}
    assert samples / 48000 == check_sound(sound, "driving_audio")


class _Lazy(Mapping):
    """Loads its sound when it is looked at, and fails then."""

    def __init__(self, error):
        self.error = error

    def __getitem__(self, key):
        raise self.error

    def __iter__(self):
        return iter(("waveform", "sample_rate"))

    def __len__(self):
        return 2


@pytest.mark.parametrize(
    "error",
    [Exception("no stream\n in clip.mp4"), RuntimeError("no stream in clip.mp4"), OSError()],
)
def test_a_sound_that_fails_when_it_is_loaded_is_one_sentence(error):
    """Video loaders do so where the file has no sound; their error stays attached."""
    with pytest.raises(
        InvalidInput, match="^driving_audio cannot be loaded .(no stream in|OSErr)"
    ) as refused:
        check_sound(_Lazy(error), "driving_audio")
    assert error is refused.value.__cause__


@pytest.mark.parametrize("audio", [None, torch.zeros(1, 1, 9), "a.wav", {}, {"waveform": None}])
def test_what_is_no_audio_is_one_sentence(audio):
    """Never an AttributeError or a KeyError."""
    with pytest.raises(InvalidInput, match="^driving_audio is not an AUDIO .it "):
        check_sound(audio, "driving_audio")
