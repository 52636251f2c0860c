"""The addresses of media: what the host pulls, and what it does not."""

from __future__ import annotations

import json

import pytest


def refusal(answer):
    """The reason of a refusal."""
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
def test_an_address_that_cannot_be_used_is_refused(caller, url):
    """Only http(s), and data: for pictures, in base64, of the four kinds; what cannot be fetched says so."""
    answer = caller.http.post(
        caller.simulator.base_url + "/v3/async/wan2.7-i2v",
        content=json.dumps(caller.body(image_url=url)),
        headers={"Content-Type": "application/json"},
    )
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert "image_url" in answer.json()["message"]


def test_an_address_without_a_file_is_refused(caller, shelf):
    """HTTP 404 at the address is the client's mistake."""
    answer = caller.post(caller.body(image_url=shelf("a", b"x") + "/missing"))
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert "404" in answer.json()["message"]


@pytest.mark.parametrize("field", ["first_clip_url", "driving_audio_url"])
def test_data_urls_are_for_pictures_only(caller, pictures, inline, field):
    """Upstream never takes a clip or a sound inline."""
    body = caller.body(**{"first_clip_url": {"image_url": ...}}.get(field, {}), **{field: inline(pictures())})
    answer = caller.post(body)
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert field in answer.json()["message"]
