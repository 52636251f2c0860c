"""The pictures of a request: known by their bytes, held to the limits."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from wan27 import limits


def refusal(answer):
    """The reason of a refusal."""
    assert 400 == answer.status_code, answer.text
    return answer.json()["reason"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "webp"])
def test_the_four_picture_formats_are_taken(caller, pictures, inline, shelf, kind):
    """Each format, inline and by address."""
    content = pictures(kind=kind)
    body = caller.body(image_url=inline(content, kind), last_frame_url=shelf("picture", content))
    assert 200 == caller.post(body).status_code


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda picture: picture(mode="RGBA"), "INVALID_IMAGE_FORMAT"),
        (lambda picture: picture(mode="LA"), "INVALID_IMAGE_FORMAT"),
        (lambda picture: picture(kind="gif"), "INVALID_IMAGE_FORMAT"),
        (lambda picture: picture(kind="tiff"), "INVALID_IMAGE_FORMAT"),
        (lambda picture: picture()[:3000], "INVALID_IMAGE_FORMAT"),
        (lambda _: b"", "INVALID_IMAGE_FORMAT"),
        (lambda _: b"<html>", "INVALID_IMAGE_FORMAT"),
        (lambda picture: picture(239, 300), "INVALID_IMAGE_SIZE"),
        (lambda picture: picture(300, 239), "INVALID_IMAGE_SIZE"),
        (lambda picture: picture(8001, 1002), "INVALID_IMAGE_SIZE"),
        (lambda picture: picture(2161, 270), "INVALID_IMAGE_SIZE"),
        (lambda picture: picture(270, 2161), "INVALID_IMAGE_SIZE"),
    ],
    ids=["rgba", "grey-alpha", "gif", "tiff", "cut", "empty", "html", "narrow", "low", "wide", "flat", "tall"],
)
def test_a_picture_outside_the_limits_is_refused(caller, pictures, inline, content, reason):
    """Format, alpha, sides and aspect, with the host's own words, for both pictures."""
    url = inline(content(pictures))
    assert [reason] * 2 == [refusal(caller.post(caller.body(**{field: url}))) for field in ("image_url", "last_frame_url")]
    assert 0 == len(caller.simulator.tasks)


def test_the_limits_themselves_are_legal(caller, pictures, inline):
    """240 pixels and an aspect of exactly 8:1 pass."""
    for size in ((240, 240), (1920, 240), (240, 1920)):
        assert 200 == caller.post(caller.body(image_url=inline(pictures(*size)))).status_code


def test_a_palette_with_a_see_through_colour_is_alpha_too(caller, inline):
    """Transparency hides in palettes."""
    file = io.BytesIO()
    Image.new("P", (320, 240)).save(file, "png", transparency=0)
    assert "INVALID_IMAGE_FORMAT" == refusal(caller.post(caller.body(image_url=inline(file.getvalue()))))


@pytest.mark.parametrize("way", ["inline", "web"])
def test_a_picture_above_20_megabytes_is_refused(caller, pictures, inline, shelf, way):
    """The bytes count before base64; a body of two such pictures is read, and its rule answers, not its weight."""
    content = pictures().ljust(limits.MEDIA["first_frame"].max_bytes + 1, b"\0")
    url = inline(content) if way == "inline" else shelf("picture", content)
    assert "IMAGE_FILE_EXCEEDS_MAX_SIZE" == refusal(caller.post(caller.body(image_url=url, last_frame_url=url)))


def test_two_pictures_of_20_megabytes_are_accepted(caller, pictures, inline):
    """A legal request may weigh 56 MB."""
    url = inline(pictures(kind="bmp").ljust(limits.MEDIA["first_frame"].max_bytes, b"\0"), "bmp")
    assert 200 == caller.post(caller.body(image_url=url, last_frame_url=url)).status_code


def test_a_refused_request_leaves_no_file(caller, inline, pictures):
    """The first picture was fetched already when the second is refused."""
    folder = caller.simulator.temporary
    caller.post(caller.body(last_frame_url=inline(pictures(100, 100))))
    assert [] == list(folder.iterdir())
