"""IMAGE to PNG: equal to the bit, or refused with what to do."""

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
from wan27.media.encode import image as image_module
from wan27.media.encode.image import encode_image

SIDES = st.integers(1, 24)


def _pixels(file):
    """Return the PNG's pixels, (H, W, 3) uint8."""
    with Image.open(io.BytesIO(file.data)) as opened:
        assert ("PNG", "RGB", {}) == (opened.format, opened.mode, opened.info)
        return np.array(opened)


def _noise(height=40, width=60, channels=3):
    return torch.from_numpy(
        np.random.default_rng(0).random((1, height, width, channels), dtype=np.float32)
    )


@settings(max_examples=50, deadline=None)
@given(
    pixels=hnp.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3))),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_bytes_come_back_equal(pixels, dtype):
    """Every 8-bit image survives the conversion to floats of any sufficient precision and back."""
    image = (torch.from_numpy(pixels).double() / 255).to(dtype)[None]
    expected = (
        pixels if dtype != torch.bfloat16 else (image.float() * 255).round().byte()[0].numpy()
    )
    file = encode_image(image, "first_frame")
    assert (expected == _pixels(file)).all()
    assert (pixels.shape[1], pixels.shape[0]) == (file.width, file.height)


@settings(max_examples=50, deadline=None)
@given(
    values=hnp.arrays(
        np.float32,
        st.tuples(SIDES, SIDES, st.just(3)),
        elements=st.floats(-0.046875, 1.25, width=32),
    )
)
def test_values_outside_are_clamped(values):
    """The overshoot of an upscaler ends at black or white; nothing wraps."""
    expected = np.rint(np.clip(values.astype(np.float64), 0, 1) * 255)
    encoded = _pixels(encode_image(torch.from_numpy(values)[None], "first_frame"))
    assert np.abs(expected - encoded).max() <= 1
    assert (encoded[values >= 1] == 255).all()
    assert (encoded[values <= 0] == 0).all()


def test_values_are_rounded_not_truncated():
    """254.6 of 255 is 255: truncation would darken every pass."""
    image = torch.tensor([254.6, 254.4, 0.6, 0.4, 255.9, -0.3]).div(255).reshape(1, 1, 2, 3)
    assert [255, 254, 1, 0, 255, 0] == _pixels(encode_image(image, "first_frame")).ravel().tolist()


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
    """Without a batch dimension, in another memory order, with opaque alpha: the same image."""
    plain = encode_image(_noise(), "first_frame")
    assert (plain.content_hash, plain.data) == (
        (other := encode_image(change(_noise()), "first_frame")).content_hash,
        other.data,
    )


def test_gray_becomes_rgb():
    """One channel is the same value three times."""
    pixels = _pixels(encode_image(_noise(channels=1), "first_frame"))
    assert (pixels[..., :1] == pixels).all()
    assert len(np.unique(pixels)) > 50


def test_the_input_is_not_changed():
    """Other nodes use the same tensor."""
    image = _noise() * 1.2 - 0.1
    before = image.clone()
    encode_image(image, "first_frame")
    assert torch.equal(before, image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            torch.zeros(3, 8, 8, 3),
            'last_frame has 3 images; one is needed. Pick one with "Image From Batch"',
        ),
        (torch.zeros(0, 8, 8, 3), "has no images"),
        (torch.zeros(1, 0, 8, 3), "has no images"),
        (torch.zeros(8), "has no images"),
        (torch.zeros(1, 1, 8, 8, 3), "has no images"),
        (torch.zeros(1, 8, 8, 2), "has 2 channels"),
        (torch.zeros(1, 8, 8, 5), "has 5 channels"),
        (
            torch.zeros(1, 8, 8, 4),
            'has transparent parts.*"Split Image with Alpha".*"Image Composite Masked"',
        ),
        (torch.full((1, 8, 8, 4), 0.998), "has transparent parts"),
        (torch.full((1, 8, 8, 3), float("nan")), "contains NaN or Inf values"),
        (torch.full((1, 8, 8, 3), float("inf")), "contains NaN or Inf values"),
        (torch.zeros(1, 8, 8, 3, dtype=torch.int64), "torch.int64 instead of floats"),
        (torch.ones(1, 8, 8, 3, dtype=torch.uint8), "has only the whole numbers 0 and 1"),
        (torch.zeros(9, 8, 8), "has 9 images"),
        ([torch.zeros(1, 8, 8, 3)] * 2, r"is not an IMAGE \(it is a list of 2\)"),
        (torch.zeros(1, 3, 8, 9), r"has its channels before its pixels .* \(1, 3, 8, 9\)"),
        (torch.zeros(1, 8, 8, 3, device="meta"), "has no images"),
        (None, r"is not an IMAGE \(it is NoneType\)"),
        (torch.zeros(1, 8, 8, 3, dtype=torch.complex64), "torch.complex64 instead of floats"),
    ],
)
def test_what_cannot_be_sent_unchanged_is_refused(image, message):
    """The error names the input and says what to do."""
    with pytest.raises(InvalidInput, match=message) as refused:
        encode_image(image, "last_frame")
    assert "last_frame" == refused.value.name


def test_one_bad_value_is_enough():
    """A single NaN among good pixels is found."""
    image = _noise()
    image[0, 3, 4, 1] = float("nan")
    with pytest.raises(InvalidInput, match="contains NaN or Inf values"):
        encode_image(image, "first_frame")


def test_the_content_hash_is_of_the_pixels(monkeypatch):
    """It depends on the pixels and the size, not on the compression."""
    image = _noise() / 16  # small differences, so that there is something to compress
    file = encode_image(image, "first_frame")
    pixels = image[0].mul(255).round().byte().numpy().tobytes()
    assert hashlib.sha256(b"60x40 RGB8\n" + pixels).hexdigest() == file.content_hash
    assert (
        file.content_hash != encode_image(image.reshape(1, 60, 40, 3), "first_frame").content_hash
    )
    assert file.content_hash != encode_image(image.flip(1), "first_frame").content_hash
    monkeypatch.setattr(image_module, "_FAST", {"compress_level": 0})
    other = encode_image(image, "last_frame")
    assert (True, file.content_hash) == (file.data != other.data, other.content_hash)


def test_compresses_harder_only_to_fit():
    """A file above the limit becomes as small as zlib can make it, without a loss."""
    image = torch.linspace(0, 1, 200 * 300 * 3).reshape(1, 200, 300, 3)
    fast = encode_image(image, "first_frame")
    small = encode_image(image, "first_frame", fit_bytes=len(fast.data) - 1, allow_jpeg=True)
    assert (
        fast.data
        == encode_image(image, "first_frame", fit_bytes=len(fast.data), allow_jpeg=True).data
    )
    assert len(small.data) < len(fast.data)
    assert (fast.content_hash, "image/png", True) == (
        small.content_hash,
        small.content_type,
        (_pixels(fast) == _pixels(small)).all(),
    )


def test_a_cancel_ends_the_encoding_of_a_large_image():
    """Its thread computes no further: the smallest PNG of a large one takes half a minute."""
    calls = []

    class Canceled(BaseException):
        pass

    def check():
        calls.append(1)
        if len(calls) == 3:
            raise Canceled

    with pytest.raises(Canceled):
        encode_image(torch.rand(1, 1000, 1000, 3), "first_frame", check=check)
    assert 3 == len(calls)


def test_an_image_too_large_is_refused_with_both_sizes_and_what_to_do():
    """Nothing is made smaller or worse without notice."""
    with pytest.raises(
        InvalidInput,
        match=(
            r'^last_frame is 2\.2 MB as PNG; .* 1 MB .*"Scale Image to Total Pixels"'
            r'.* "Send large images as JPEG"'
        ),
    ) as refused:
        encode_image(_noise(700, 1100), "last_frame", fit_bytes=1024 * 1024)
    assert "last_frame" == refused.value.name


def _soft(height, width):
    """Return an image with grain, as from a camera."""
    smooth = torch.linspace(0, 1, width).reshape(1, 1, width, 1) * torch.tensor([1.0, 0.6, 0.2])
    return (
        smooth + 0.02 * torch.randn(1, height, width, 3, generator=torch.Generator().manual_seed(1))
    ).clamp(0, 1)


@pytest.mark.parametrize(
    ("image", "share", "most_off"),
    [(_soft(700, 1100), 0.8, 1.5), (_soft(700, 1100), 0.5, 3.5), (_noise(700, 1100), 0.9, 3.5)],
)
def test_jpeg_where_it_is_allowed_is_close_and_of_full_size(caplog, image, share, most_off):
    """The mean error is at most 1.5 of 255 at quality 98 and 3.5 at 95; it is logged once."""
    png = encode_image(image, "first_frame")
    jpeg = encode_image(image, "first_frame", fit_bytes=int(len(png.data) * share), allow_jpeg=True)
    assert ("image/jpeg", png.width, png.height) == (jpeg.content_type, jpeg.width, jpeg.height)
    assert len(jpeg.data) <= len(png.data) * share
    with Image.open(io.BytesIO(jpeg.data)) as opened:
        assert ("JPEG", "RGB", [(1, 1)] * 3) == (
            opened.format,
            opened.mode,
            [layer[1:3] for layer in opened.layer],
        )
        assert np.abs(np.asarray(opened, float) - _pixels(png)).mean() < most_off
    assert ["Wan 2.7: first_frame is sent as a JPEG"] == [
        record.getMessage()[:38] for record in caplog.records
    ]


def test_an_image_is_the_same_as_png_and_as_jpeg():
    """Allowing JPEG does not buy a video again, and the thumbnail is the same."""
    image = _soft(300, 400)
    png = encode_image(image, "first_frame", allow_jpeg=True)
    jpeg = encode_image(image, "first_frame", fit_bytes=len(png.data) - 50_000, allow_jpeg=True)
    assert ("image/png", "image/jpeg") == (png.content_type, jpeg.content_type)
    assert (png.content_hash, png.thumbnail) == (jpeg.content_hash, jpeg.thumbnail)


def test_a_jpeg_that_is_too_large_is_refused_as_one():
    """JPEG, which was tried, is not offered again."""
    with pytest.raises(InvalidInput, match=r"^first_frame is 1\.\d MB as JPEG; ") as refused:
        encode_image(_noise(700, 1100), "first_frame", fit_bytes=1024 * 1024, allow_jpeg=True)
    assert "as JPEG" not in str(refused.value).partition("; ")[2]


def test_encoding_is_much_faster_than_pillows_default():
    """For a 1080P image with grain, 4 to 7 times is measured; the test asks for half of that."""
    smooth = torch.linspace(0, 1, 1080).reshape(1, 1080, 1, 1).expand(1, 1080, 1920, 3)
    image = (
        smooth
        + torch.from_numpy(
            np.random.default_rng(1).normal(0, 0.004, (1, 1080, 1920, 3)).astype(np.float32)
        )
    ).clamp(0, 1)
    start = time.perf_counter()
    file = encode_image(image, "first_frame")
    ours = time.perf_counter() - start
    decoded, start = Image.fromarray(_pixels(file)), time.perf_counter()
    decoded.save(io.BytesIO(), format="PNG")
    assert ours * 2 < time.perf_counter() - start


PHOTO = torch.rand(1, 60, 40, 3, generator=torch.Generator().manual_seed(1))


def _spoiled(share, value):
    """Return the photo with a share of its values replaced."""
    image = PHOTO.clone().flatten()
    image[: round(share * image.numel())] = value
    return image.reshape(PHOTO.shape)


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        (PHOTO * 255, "0 to 255"),
        (PHOTO * 65535, "0 to 255"),
        ((PHOTO * 3).round(), "0 to 255"),  # a dark image of 0..255
        (_spoiled(0.001, 255.0), "0 to 255"),  # a night sky
        (PHOTO * 2 - 1, "-1 to 1"),
        (PHOTO * 0.2 - 1, "-1 to 1"),  # a dark one
        (PHOTO * 0.5 - 0.25, "-1 to 1"),  # a flat one
        (_spoiled(0.1, -0.5), "-1 to 1"),
        (_spoiled(0.1, 1.5), "0 to 255"),
        ((PHOTO * 255).half(), "0 to 255"),
        ((PHOTO * 255).numpy(), "0 to 255"),
    ],
)
def test_an_image_of_another_range_is_refused(image, remedy):
    """Clamped, it would be paid for as a white or half black image."""
    with pytest.raises(InvalidInput, match=f"first_frame has values from .* 0 to 1.*{remedy}"):
        encode_image(image, "first_frame")


@settings(max_examples=60, deadline=None)
@given(
    gain=st.floats(0.0, 1.04),
    offset=st.floats(-0.02, 0.02),
    share=st.floats(0, 0.079),
    outlier=st.floats(-0.2, 1.2) | st.floats(-0.7, 1.7),
)
def test_the_overshoot_of_an_upscaler_is_allowed(gain, offset, share, outlier):
    """Slightly beyond everywhere, or far beyond at a few edges, as no filter can beat."""
    image = PHOTO * gain + offset
    image.flatten()[: int(share * image.numel())] = outlier
    assert (40, 60) == (
        (file := encode_image(image, "first_frame")).width,
        file.height,
    )


@pytest.mark.parametrize("scale", [1.5, 2, 3, 4])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_bicubic_overshoot_is_refused_for_its_height(scale, seed):
    """Even of noise that is only black and white, which is the worst that it can get."""
    noise = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(seed)).round()
    larger = torch.nn.functional.interpolate(noise, scale_factor=scale, mode="bicubic")
    assert larger.min() >= -0.75
    assert larger.max() <= 1.75


@pytest.mark.parametrize(
    "change",
    [
        lambda bytes_: bytes_,
        lambda bytes_: bytes_.numpy(),
        lambda bytes_: bytes_[0].numpy(),
        lambda bytes_: (bytes_ / 255).numpy(),
        lambda bytes_: (bytes_ / 255).requires_grad_(),
        lambda bytes_: [bytes_ / 255],
        lambda bytes_: (bytes_ / 255).to_sparse(),
        lambda bytes_: (bytes_ / 255).flip(1).flip(1).transpose(1, 2).contiguous().transpose(1, 2),
        lambda bytes_: (bytes_.numpy() / 255).astype(">f4"),
        lambda bytes_: torch.cat([bytes_, torch.full_like(bytes_[..., :1], 255)], -1),
    ],
)
def test_an_image_in_another_form_is_the_same_image(change):
    """Bytes, NumPy, gradients, opaque alpha and any order in memory are clear."""
    values = PHOTO.mul(255).round().byte()
    expected = encode_image(values / 255, "first_frame")
    assert expected.content_hash == encode_image(change(values), "first_frame").content_hash


@pytest.mark.parametrize("shape", [(60, 40), (1, 60, 40), (60, 40, 1), (1, 60, 40, 1)])
def test_a_gray_image_is_taken_in_any_shape(shape):
    """A mask is a gray image."""
    gray = PHOTO[0, :, :, 0]
    expected = encode_image(gray[..., None].expand(60, 40, 3), "first_frame").content_hash
    assert expected == encode_image(gray.reshape(shape), "first_frame").content_hash
