"""The images of a request: recognized by their bytes, checked against the limits."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from wan27 import limits


def refusal(answer):
    """The reason of an error answer."""
    assert 400 == answer.status_code, answer.text
    return answer.json()["reason"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "webp"])
def test_the_four_image_formats_are_accepted(caller, images, inline, shelf, kind):
    """Each format, inline and by URL."""
    content = images(kind=kind)
    body = caller.body(image_url=inline(content, kind), last_frame_url=shelf("image", content))
    assert 200 == caller.post(body).status_code


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda image: image(mode="RGBA"), "INVALID_IMAGE_FORMAT"),
        (lambda image: image(mode="LA"), "INVALID_IMAGE_FORMAT"),
        (lambda image: image(kind="gif"), "INVALID_IMAGE_FORMAT"),
        (lambda image: image(kind="tiff"), "INVALID_IMAGE_FORMAT"),
        (lambda image: image()[:3000], "INVALID_IMAGE_FORMAT"),
        (lambda _: b"", "INVALID_IMAGE_FORMAT"),
        (lambda _: b"<html>", "INVALID_IMAGE_FORMAT"),
        (lambda image: image(239, 300), "INVALID_IMAGE_SIZE"),
        (lambda image: image(300, 239), "INVALID_IMAGE_SIZE"),
        (lambda image: image(8001, 1002), "INVALID_IMAGE_SIZE"),
        (lambda image: image(2161, 270), "INVALID_IMAGE_SIZE"),
        (lambda image: image(270, 2161), "INVALID_IMAGE_SIZE"),
    ],
    ids=[
        "rgba",
        "gray-alpha",
        "gif",
        "tiff",
        "cut",
        "empty",
        "html",
        "narrow",
        "low",
        "wide",
        "flat",
        "tall",
    ],
)
def test_an_image_outside_the_limits_is_refused(caller, images, inline, content, reason):
    """Format, alpha, sides and aspect, with the documented reasons, for both images."""
    url = inline(content(images))
    assert [reason] * 2 == [
        refusal(caller.post(caller.body(**{field: url})))
        for field in ("image_url", "last_frame_url")
    ]
    assert 0 == len(caller.simulator.tasks)


def test_the_limits_themselves_are_legal(caller, images, inline):
    """240 pixels and an aspect of exactly 8:1 pass."""
    for size in ((240, 240), (1920, 240), (240, 1920)):
        assert 200 == caller.post(caller.body(image_url=inline(images(*size)))).status_code


def test_a_palette_with_a_transparent_color_is_alpha_too(caller, inline):
    """Transparency can be in the palette."""
    file = io.BytesIO()
    Image.new("P", (320, 240)).save(file, "png", transparency=0)
    assert "INVALID_IMAGE_FORMAT" == refusal(
        caller.post(caller.body(image_url=inline(file.getvalue())))
    )


@pytest.mark.parametrize("by", ["inline", "web"])
def test_an_image_above_20_megabytes_is_refused(caller, images, inline, shelf, by):
    """The bytes before base64 count; a body of two such images gets this error, not 413."""
    content = images().ljust(limits.MEDIA["first_frame"].max_bytes + 1, b"\0")
    url = inline(content) if by == "inline" else shelf("image", content)
    assert "IMAGE_FILE_EXCEEDS_MAX_SIZE" == refusal(
        caller.post(caller.body(image_url=url, last_frame_url=url))
    )


def test_two_images_of_20_megabytes_are_accepted(caller, images, inline):
    """A legal request may have 56 MB."""
    url = inline(images(kind="bmp").ljust(limits.MEDIA["first_frame"].max_bytes, b"\0"), "bmp")
    assert 200 == caller.post(caller.body(image_url=url, last_frame_url=url)).status_code


def test_a_refused_request_leaves_no_file(caller, inline, images):
    """The first image is fetched already when the second is refused."""
    folder = caller.simulator.temporary
    caller.post(caller.body(last_frame_url=inline(images(100, 100))))
    assert [] == list(folder.iterdir())
