"""A quoted text of a host shows no key, no media, no signature and no markup, and is short."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wan27.api.host_text import clean_text, plain_words, quote, spoken

BASE64 = base64.b64encode(bytes(range(256)) * 20).decode()


def test_a_quoted_text_is_one_short_line_without_signatures():
    """A host's text cannot fill the screen, forge lines, or leak the signature of a URL."""
    text = clean_text(
        "bad\n\nimage\x1b[31m at https://b.example/x.png?X-Amz-Signature=secret now. " + "x " * 900
    )
    assert text.startswith("bad image[31m at https://b.example/x.png?… now.")
    assert len(text) <= 301


@pytest.mark.parametrize(
    "given",
    [
        f"Failed to download data:image/png;base64,{BASE64}. Please use a URL",
        f"Failed to download DATA:image/jpeg;name=a.jpg;base64,{BASE64} Please use a URL",
        json.dumps(f"data:image/png;base64,{BASE64}").replace("/", "\\/") + " Please use a URL",
        f"data%3Aimage%2Fpng%3Bbase64%2C{BASE64.replace('/', '%2F')} Please use a URL",
        f"image_url: '{BASE64}' Please use a URL",
        f"{BASE64[:60]} … Please use a URL",
        " ".join(BASE64[n : n + 76] for n in range(0, 760, 76)) + " Please use a URL",
        f"image {BASE64.replace('+', '-').replace('/', '_')} Please use a URL",
        "AAAA" * 400 + " Please use a URL",
    ],
)
def test_media_inside_a_text_are_cut_out(given):
    """Megabytes of base64 hide the sentence behind them, and are the user's images."""
    text = clean_text(given)
    assert text.endswith("Please use a URL")
    assert (False, True) == (BASE64[8:40] in text, "…" in text)
    assert len(text) < 120


@pytest.mark.parametrize(
    "beginning", ["iVBORw0KGgoAAAANS", "/9j/4AAQSkZJRg", "UklGRiQAAABXRUJQ", "AAAAIGZ0eXBpc29t"]
)
def test_a_few_letters_of_a_file_are_cut_out_too(beginning):
    """Hosts quote a value they refuse, cut to some letters."""
    assert "not a url: …" == clean_text(f"not a url: {beginning}...").rstrip(" ")


@pytest.mark.parametrize(
    "text",
    [
        "task 5f1c1d6e-0000-4000-8000-000000000001 failed",
        "sha256 " + "0123456789abcdef" * 4,
        "Failed to download https://b.example/wan27/0123456789abcdef0123456789abcdef.png",
        "duration < 15 and fps > 3",
        "first_clip duration (5.16s after trim) must be less than the requested duration (3s)",
        "Input data: is inappropriate, see https://h.example/rules",
    ],
)
def test_what_helps_is_kept(text):
    """Ids, paths, comparisons."""
    assert text == clean_text(text)


@pytest.mark.parametrize(
    "given",
    [
        "https://b.example/x?sig=secret",
        "https:\\/\\/b.example\\/x?X-Amz-Credential=secret",
        "url=https%3A%2F%2Fb.example%2Fx%3FX-Amz-Signature%3Dsecret&x=1",
        "X-Goog-Signature=secret",
        "OSS://b/x?Signature=secret",
        "…&x-oss-security-token=secret",
    ],
)
def test_a_signature_is_cut_out_however_it_is_written(given):
    """The query of a signed URL opens the file."""
    assert "secret" not in clean_text(f"Failed to download {given} today")


def test_markup_is_not_shown():
    """A page inside a field of JSON, and a page instead of it."""
    page = "<html><head><title>502 Bad\nGateway</title><style>b{}</style></head><b>x</b></html>"
    assert "502 Bad Gateway" == clean_text(page)
    assert "no entry" == clean_text("<p class='a'>no&nbsp;<b>entry</b></p><script>x()</script>")
    assert quote(page.encode()).startswith('a web page titled "502 Bad Gateway", not JSON: a proxy')
    assert "not JSON; it begins with 'SSH-2.0'" == quote(b"SSH-2.0")
    assert "a web page" == plain_words(b"<!doctype html>")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "code", "detail", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(ANY_JSON)
@example("[" * 5000)
def test_any_json_says_something_or_nothing(value):
    """No form of an error raises another one."""
    assert isinstance(spoken(value), str)
    assert isinstance(spoken(json.dumps(value)), str)


@given(st.text(max_size=200), st.sampled_from(["", "<", "<head ", "data:", "https://", "{"]))
def test_any_text_is_cleaned_within_bounds(text, start):
    """Whatever a host sends, also often."""
    assert len(clean_text((start + text) * 50)) <= 301


@pytest.mark.parametrize("unit", ["<head ", "<h1>", "data:", "https://a?", "a" * 39 + " ", "x" * 9])
def test_a_megabyte_of_anything_is_cleaned_at_once(unit):
    """No pattern takes quadratic time."""
    assert len(clean_text(unit * (1024 * 1024 // len(unit)))) <= 301
