"""Faults of a download: what the client gets of the file."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator import Fault


def test_a_truncated_download_ends_before_its_content_length(scripted, film):
    """The connection ends after the scripted bytes."""
    url = scripted.video_url(scripted.submit())
    scripted.inject(Fault(on="download", do="truncate", after_bytes=1000))
    with httpx.stream("GET", url, trust_env=False, timeout=60) as answer:
        assert str(film.stat().st_size) == answer.headers["content-length"]
        got = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
    assert film.read_bytes()[:1000] == b"".join(got)


def test_a_truncated_download_can_be_resumed(scripted, film):
    """A range request gets the rest."""
    url = scripted.video_url(scripted.submit())
    scripted.inject(Fault(on="download", do="truncate", after_bytes=1000))
    with pytest.raises(httpx.RemoteProtocolError):
        scripted.download(url)
    assert film.read_bytes()[1000:] == scripted.download(url, Range="bytes=1000-").content


def test_a_wrong_length_looks_complete(scripted, film):
    """HTTP shows no error, yet only the first bytes of the file arrive."""
    url = scripted.video_url(scripted.submit())
    scripted.inject(Fault(on="download", do="wrong_length", after_bytes=1000))
    answer = scripted.download(url)
    assert (200, "1000", film.read_bytes()[:1000]) == (
        answer.status_code,
        answer.headers["content-length"],
        answer.content,
    )


def test_other_faults_of_a_download(scripted, film):
    """An XML error, a page instead of a video, and the whole file instead of a range."""
    url = scripted.video_url(scripted.submit())
    scripted.inject(
        Fault(on="download", do="status", status=503, reason="SlowDown"),
        Fault(on="download", do="wrong_content", headers={"Content-Type": "video/mp4"}),
        Fault(on="download", do="ignore_range"),
    )
    slow, junk, whole = (scripted.download(url, Range="bytes=10-") for _ in range(3))
    assert (503, True) == (slow.status_code, "<Code>SlowDown</Code>" in slow.text)
    assert (200, "video/mp4", True) == (
        junk.status_code,
        junk.headers["content-type"],
        junk.text.startswith("<html>"),
    )
    assert (200, film.read_bytes()) == (whole.status_code, whole.content)
