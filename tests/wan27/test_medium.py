"""The error for an image that is too large, and the numbers in it that the user can enter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.limits import MEGABYTE
from wan27.medium import too_large


def test_an_image_too_large_for_a_request_has_three_remedies():
    """A size for the node, a bucket, and JPEG."""
    error = too_large("first_frame", int(11.5 * MEGABYTE), 10 * MEGABYTE, pixels=(2000, 2000))
    assert (
        "first_frame is 11.5 MB as PNG; at most 10 MB can be sent inside a request. Make it smaller"
        ' with "Scale Image to Total Pixels": megapixels 2.94 gives 1756 × 1756, which should fit'
        ' (1080P shows no more than 2); or set "Upload via" to your own bucket, which takes 20 MB;'
        ' or switch on "Send large images as JPEG" (full size, slightly lossy). Nothing was sent.'
    ) == str(error)


@pytest.mark.parametrize(
    ("megabytes", "limit", "content_type", "named"),
    [
        (15, 10, "image/png", {"Upload via", "large images"}),
        (25, 10, "image/png", {"large images"}),
        (25, 20, "image/png", {"large images"}),
        (15, 10, "image/jpeg", {"Upload via"}),
        (25, 20, "image/jpeg", set()),
    ],
)
def test_only_remedies_that_help_are_named(megabytes, limit, content_type, named):
    """A bucket takes at most 20 MB, and a JPEG gains nothing from WAN27_JPEG."""
    message = str(
        too_large("last_frame", megabytes * MEGABYTE, limit * MEGABYTE, content_type=content_type)
    )
    assert named == set(re.findall("Upload via|large images", message))
    assert "Scale Image to Total Pixels" in message


@given(width=st.integers(240, 8000), height=st.integers(240, 8000), share=st.floats(0.05, 0.999))
def test_the_named_megapixels_fit_and_keep_the_aspect(width, height, share):
    """The size is what the node makes of these megapixels, of which it accepts at most 16."""
    message = str(
        too_large("first_frame", 20 * MEGABYTE, int(20 * MEGABYTE * share), pixels=(width, height))
    )
    megapixels, wide, high = re.search(r"megapixels ([\d.]+) gives (\d+) × (\d+)", message).groups()
    scale = (float(megapixels) * 1024 * 1024 / (width * height)) ** 0.5
    assert (str(round(width * scale)), str(round(height * scale))) == (wide, high)
    assert 0 <= float(megapixels) <= 16.0
    assert int(wide) * int(high) < width * height * max(share, 0.05) * 1.02
