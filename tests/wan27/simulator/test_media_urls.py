"""The URLs of media: what the host fetches, and what it does not."""

from __future__ import annotations

import json

import pytest


def refusal(answer):
    """The reason of an error answer."""
    assert 400 == answer.status_code, answer.text
    return answer.json()["reason"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "oss://bucket/a.png",
        "ftp://example.org/a.png",
        "a.png",
        "http://",
        "http://127.0.0.1:9/a b.png",
        "http://127.0.0.1:9/\r\nX: y",
        "http://127.0.0.1:1/a.png",
        "http://[::1/a.png",
        "http://127.0.0.1:99999/a.png",
        "data:image/png;base64,%%%",
        "data:image/png;base64,abc",
        "data:image/gif;base64,R0lGODlh",
        "data:text/plain;base64,aGVsbG8=",
        "data:image/png,hello",
        "http://\ud800/a.png",
    ],
    ids=ascii,
)
def test_a_url_that_cannot_be_fetched_is_refused(caller, url):
    """Only http(s), and data: for images of four formats in base64; the error names the field."""
    answer = caller.http.post(
        caller.simulator.base_url + "/v3/async/wan2.7-i2v",
        content=json.dumps(caller.body(image_url=url)),
        headers={"Content-Type": "application/json"},
    )
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert "image_url" in answer.json()["message"]


def test_a_url_without_a_file_is_refused(caller, shelf):
    """The error has the HTTP status of the URL."""
    answer = caller.post(caller.body(image_url=shelf("a", b"x") + "/missing"))
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert "404" in answer.json()["message"]


@pytest.mark.parametrize("field", ["first_clip_url", "driving_audio_url"])
def test_data_urls_are_for_images_only(caller, images, inline, field):
    """Upstream accepts neither clips nor audio inline."""
    body = caller.body(
        **{"first_clip_url": {"image_url": ...}}.get(field, {}), **{field: inline(images())}
    )
    answer = caller.post(body)
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert field in answer.json()["message"]
