"""What is said of a picture that is too large: every number in it can be used as it stands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.limits import MEGABYTE
from wan27.medium import too_large


def test_the_limit_of_a_request_has_three_ways_out():
    """A size for the node, a bucket, and JPEG; and that nothing was sent."""
    assert (
        "first_frame is 11.5 MB as PNG; at most 10 MB can be sent inside a request. Make it smaller"
        ' with "Scale Image to Total Pixels": megapixels 2.94 gives 1756 × 1756, which should fit'
        " (2 are all that 1080P shows); or set WAN27_UPLOAD to a bucket of yours, which takes 20"
        " MB; or set WAN27_JPEG=1, which sends such pictures as JPEG: full size, and a little loss."
        " Nothing was sent."
        == str(too_large("first_frame", int(11.5 * MEGABYTE), 10 * MEGABYTE, pixels=(2000, 2000)))
    )


@pytest.mark.parametrize(
    ("megabytes", "most", "content_type", "offered"),
    [
        (15, 10, "image/png", {"WAN27_UPLOAD", "WAN27_JPEG"}),
        (25, 10, "image/png", {"WAN27_JPEG"}),
        (25, 20, "image/png", {"WAN27_JPEG"}),
        (15, 10, "image/jpeg", {"WAN27_UPLOAD"}),
        (25, 20, "image/jpeg", set()),
    ],
)
def test_only_what_helps_is_offered(megabytes, most, content_type, offered):
    """A bucket takes 20 MB and no more, and what is JPEG already gains nothing from being allowed to be."""
    said = str(
        too_large("last_frame", megabytes * MEGABYTE, most * MEGABYTE, content_type=content_type)
    )
    assert offered == set(re.findall(r"WAN27_\w+", said))
    assert "Scale Image to Total Pixels" in said


@given(width=st.integers(240, 8000), height=st.integers(240, 8000), share=st.floats(0.05, 0.999))
def test_the_size_that_is_named_is_smaller_of_the_same_shape_and_within_the_node(
    width, height, share
):
    """It is what the node makes of the megapixels that are named, which it can be set to: 16 at most."""
    said = str(
        too_large("first_frame", 20 * MEGABYTE, int(20 * MEGABYTE * share), pixels=(width, height))
    )
    megapixels, wide, high = re.search(r"megapixels ([\d.]+) gives (\d+) × (\d+)", said).groups()
    scale = (float(megapixels) * 1024 * 1024 / (width * height)) ** 0.5
    assert (str(round(width * scale)), str(round(height * scale))) == (wide, high)
    assert 0 <= float(megapixels) <= 16.0
    assert int(wide) * int(high) < width * height * max(share, 0.05) * 1.02
