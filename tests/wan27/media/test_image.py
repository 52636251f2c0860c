"""Pictures to PNG: equal to the bit, or refused with advice."""

from __future__ import annotations

import hashlib
import io
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from wan27.errors import InvalidInput
from wan27.media import image as image_module
from wan27.media.image import encode_png

SIDES = st.integers(1, 24)


def _shown(picture):
    """The PNG's pixels, (H, W, 3) uint8."""
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert ("PNG", "RGB", {}) == (opened.format, opened.mode, opened.info)
        return np.array(opened)


def _noise(height=40, width=60, channels=3):
    return torch.from_numpy(np.random.default_rng(0).random((1, height, width, channels), dtype=np.float32))


@settings(max_examples=50, deadline=None)
@given(
    pixels=hnp.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3))),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_bytes_come_back_equal(pixels, dtype):
    """Every 8-bit picture survives the way through floats, of any precision that can hold it."""
    image = (torch.from_numpy(pixels).double() / 255).to(dtype)[None]
    expected = pixels if dtype != torch.bfloat16 else (image.float() * 255).round().byte()[0].numpy()
    picture = encode_png(image, "first_frame")
    assert (expected == _shown(picture)).all()
    assert (pixels.shape[1], pixels.shape[0]) == (picture.width, picture.height)


@settings(max_examples=50, deadline=None)
@given(values=hnp.arrays(np.float32, st.tuples(SIDES, SIDES, st.just(3)), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_values_outside_are_clamped(values):
    """Overshoot of an upscaler ends at black or white; nothing wraps."""
    expected = np.rint(np.clip(values.astype(np.float64), 0, 1) * 255)
    assert np.abs(expected - _shown(encode_png(torch.from_numpy(values)[None], "first_frame"))).max() <= 1
    assert (_shown(encode_png(torch.from_numpy(values)[None], "first_frame"))[values >= 1] == 255).all()
    assert (_shown(encode_png(torch.from_numpy(values)[None], "first_frame"))[values <= 0] == 0).all()


def test_values_are_rounded_not_truncated():
    """254.6 of 255 is 255: truncation would darken every pass."""
    image = torch.tensor([254.6, 254.4, 0.6, 0.4, 255.9, -0.3]).div(255).reshape(1, 1, 2, 3)
    assert [255, 254, 1, 0, 255, 0] == _shown(encode_png(image, "first_frame")).ravel().tolist()


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[0],
        lambda image: image.permute(0, 2, 1, 3).contiguous().permute(0, 2, 1, 3),
        lambda image: image.repeat(1, 2, 1, 1)[:, ::2][:, :40].copy_(image),
        lambda image: image.expand(1, -1, -1, -1),
        lambda image: image.requires_grad_(),
        lambda image: torch.cat([image, torch.full_like(image[..., :1], 0.999)], dim=-1),
    ],
)
def test_form_does_not_matter(change):
    """Without a batch dimension, in another memory order, opaque alpha: the same picture."""
    plain = encode_png(_noise(), "first_frame")
    assert (plain.sha256, plain.data) == ((other := encode_png(change(_noise()), "first_frame")).sha256, other.data)


def test_grey_becomes_rgb():
    """One channel is the same value three times."""
    shown = _shown(encode_png(_noise(channels=1), "first_frame"))
    assert (shown[..., :1] == shown).all()
    assert len(np.unique(shown)) > 50


def test_the_input_is_left_alone():
    """Other nodes hold the same tensor."""
    image = _noise() * 2 - 0.5
    before = image.clone()
    encode_png(image, "first_frame")
    assert torch.equal(before, image)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (torch.zeros(3, 8, 8, 3), 'last_frame holds 3 pictures, and one is needed; use "Image From Batch"'),
        (torch.zeros(0, 8, 8, 3), "holds no picture"),
        (torch.zeros(1, 0, 8, 3), "holds no picture"),
        (torch.zeros(8, 8), "holds no picture"),
        (torch.zeros(1, 1, 8, 8, 3), "holds no picture"),
        (torch.zeros(1, 8, 8, 2), "has 2 channels"),
        (torch.zeros(1, 8, 8, 5), "has 5 channels"),
        (torch.zeros(1, 8, 8, 4), 'has transparent parts.*"Split Image with Alpha".*"Image Composite Masked"'),
        (torch.full((1, 8, 8, 4), 0.998), "has transparent parts"),
        (torch.full((1, 8, 8, 3), float("nan")), "no numbers"),
        (torch.full((1, 8, 8, 3), float("inf")), "no numbers"),
        (torch.zeros(1, 8, 8, 3, dtype=torch.uint8), "torch.uint8 instead of floats"),
    ],
)
def test_refuses_what_cannot_be_sent_as_it_is(image, said):
    """The message names the socket and says what to do."""
    with pytest.raises(InvalidInput, match=said) as refused:
        encode_png(image, "last_frame")
    assert "last_frame" == refused.value.name


def test_one_bad_value_is_enough():
    """A single NaN among good pixels is found."""
    image = _noise()
    image[0, 3, 4, 1] = float("nan")
    with pytest.raises(InvalidInput, match="no numbers"):
        encode_png(image, "first_frame")


def test_the_hash_names_what_is_shown(monkeypatch):
    """It follows the pixels and the size, and not the way they are compressed."""
    image = _noise() / 16  # small differences, so that there is something to compress
    picture = encode_png(image, "first_frame")
    pixels = image[0].mul(255).round().byte().numpy().tobytes()
    assert hashlib.sha256(b"60x40 RGB8\n" + pixels).hexdigest() == picture.sha256
    assert picture.sha256 != encode_png(image.reshape(1, 60, 40, 3), "first_frame").sha256
    assert picture.sha256 != encode_png(image.flip(1), "first_frame").sha256
    monkeypatch.setattr(image_module, "_FAST", {"compress_level": 0})
    other = encode_png(image, "last_frame")
    assert (True, picture.sha256) == (picture.data != other.data, other.sha256)


def test_compresses_harder_only_to_fit():
    """A file above the limit is made as small as zlib can, without losing a bit."""
    image = torch.linspace(0, 1, 200 * 300 * 3).reshape(1, 200, 300, 3)
    fast = encode_png(image, "first_frame")
    small = encode_png(image, "first_frame", fit_bytes=len(fast.data) - 1)
    assert fast.data == encode_png(image, "first_frame", fit_bytes=len(fast.data)).data
    assert len(small.data) < len(fast.data)
    assert (fast.sha256, True) == (small.sha256, (_shown(fast) == _shown(small)).all())


def test_is_much_faster_than_pillow_left_alone():
    """Pillow's default takes most of a second for a 1080P picture with grain; four to seven times less is measured, half of it is asked."""
    smooth = torch.linspace(0, 1, 1080).reshape(1, 1080, 1, 1).expand(1, 1080, 1920, 3)
    image = (smooth + torch.from_numpy(np.random.default_rng(1).normal(0, 0.004, (1, 1080, 1920, 3)).astype(np.float32))).clamp(0, 1)
    start = time.perf_counter()
    picture = encode_png(image, "first_frame")
    ours = time.perf_counter() - start
    shown, start = Image.fromarray(_shown(picture)), time.perf_counter()
    shown.save(io.BytesIO(), format="PNG")
    assert ours * 2 < time.perf_counter() - start
