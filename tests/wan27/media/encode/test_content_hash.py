"""Equal media are one request: the content hash is of what reaches the encoder."""

from __future__ import annotations

import hashlib
import wave
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wan27.errors import InvalidInput
from wan27.media.encode.content_hash import hash_of_frames, hash_of_sound
from wan27.media.encode.sound import encode_sound
from wan27.media.encode.tensors import eight_bits, one_image, opaque
from wan27.media.read.clip import no_op

from ..make_video import tone

RATE = 48000


def audio(samples, rate=RATE):
    return {"waveform": torch.as_tensor(samples)[None], "sample_rate": rate}


def sound_hash(samples, rate=RATE):
    return hash_of_sound(audio(samples, rate), no_op)


def frames_hash(frames, fps=24, sound=None):
    return hash_of_frames(frames, fps, sound, no_op)


def grid(*shape):
    """Values in 0..1 in steps of a byte, of which a small change stays the same byte."""
    values = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(7))
    return values.double() / 255


def test_sounds_with_the_same_16_bit_samples_are_one_request():
    """Floats apart by 1e-7, as another decoder gives them, are sent as the same file."""
    sound = torch.from_numpy(np.rint(tone(2) * 32768) / np.float32(32768)).float()
    assert not torch.equal(sound, sound + 1e-7)
    assert sound_hash(sound) == sound_hash(sound + 1e-7) == sound_hash(sound.double() - 1e-9)
    assert sound_hash(sound) != sound_hash(sound + 1 / 32768)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_hash_of_sound_is_of_the_samples_of_its_wav(tmp_path, channels, dtype):
    """Rounded and clamped as FFmpeg does, halves and values outside -1..1 too."""
    steps = torch.arange(-140_000, 140_000, 1, dtype=torch.float64) / 4 / 32768
    samples = torch.stack([steps, steps.flip(0)][:channels]).to(dtype)
    path = encode_sound(audio(samples), "driving_audio", tmp_path, no_op)
    with wave.open(str(path)) as file:
        sent = file.readframes(file.getnframes())
    head = f"sound {channels}x{samples.shape[1]} s16 {RATE}\n".encode()
    assert hashlib.sha256(head + sent).hexdigest() == sound_hash(samples)


def test_rate_channels_and_length_are_part_of_a_sound():
    """The same samples at another rate are another sound."""
    sound = torch.from_numpy(tone(2))
    mono = sound[:1]
    others = [sound_hash(sound, 44100), sound_hash(mono), sound_hash(sound[:, 1:])]
    long = torch.cat([mono, mono], dim=1)
    assert 5 == len({sound_hash(sound), *others, sound_hash(long)})


def test_a_chunk_more_or_less_does_not_change_the_hash(monkeypatch):
    """It is of the samples, not of how they are read."""
    whole = sound_hash(tone(2))
    monkeypatch.setattr("wan27.media.encode.content_hash._CHUNK_SAMPLES", 1000)
    assert whole == sound_hash(tone(2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@given(seed=st.integers(0, 2**31))
def test_the_hashed_pixels_are_those_that_are_encoded(dtype, seed):
    """Every float type is rounded as the encoder does, also halves and values outside 0..1."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(16, 16, 3, generator=generator, dtype=torch.float64) * 1.2 - 0.1
    values[0] = (torch.arange(48, dtype=torch.float64).reshape(16, 3) + 0.5) / 255
    frame = values.to(dtype)
    pixels = opaque(one_image(frame, "clip_frames"), "clip_frames")
    encoded = eight_bits(pixels)
    assert np.array_equal(encoded, pixels.mul(255).round().clamp(0, 255).byte())
    head = b"frames 1 16x16 RGB8 24.0\n"
    assert hashlib.sha256(head + encoded.tobytes()).hexdigest() == frames_hash(frame[None])


def test_frames_with_the_same_pixels_are_one_request():
    """Another float type, a change below a byte, an opaque alpha: what is encoded is the same."""
    frames = grid(3, 16, 24, 3)
    same = [
        frames.float(),
        frames.half(),
        frames + 1e-7,
        torch.cat([frames, torch.ones(3, 16, 24, 1)], dim=-1),
    ]
    assert {frames_hash(frames)} == {frames_hash(each) for each in same}
    gray = grid(3, 16, 24, 1)
    assert frames_hash(gray) == frames_hash(gray.expand(-1, -1, -1, 3))


def test_size_rate_and_sound_are_part_of_frames():
    """And the order of the frames."""
    frames, sound = grid(4, 16, 24, 3), audio(tone(1))
    others = [
        frames_hash(frames.reshape(4, 24, 16, 3)),
        frames_hash(frames.flip(0)),
        frames_hash(frames, 25),
        frames_hash(frames, 24, sound),
    ]
    assert 5 == len({frames_hash(frames), *others})


def test_sound_after_the_last_frame_does_not_count():
    """It is cut before it is sent."""
    frames, sound = grid(12, 16, 16, 3), tone(2)
    whole = frames_hash(frames, Fraction(24), audio(sound))
    assert whole == frames_hash(frames, Fraction(24), audio(sound[:, : RATE // 2]))
    assert whole != frames_hash(frames, Fraction(24), audio(sound[:, : RATE // 2 - 1]))


def test_what_the_encoder_refuses_is_refused_before():
    """NaN has no pixels and no samples; a wrong shape has none either."""
    frames = grid(2, 16, 16, 3)
    frames[1, 0, 0, 0] = torch.nan
    with pytest.raises(InvalidInput, match="clip_frames contains NaN"):
        frames_hash(frames)
    with pytest.raises(InvalidInput, match="first_clip has no images"):
        hash_of_frames(frames[None], 24, None, no_op, "first_clip")
    with pytest.raises(InvalidInput, match="driving_audio contains NaN"):
        sound_hash(torch.full((1, 9), torch.nan))
