"""Faults of a download: what the client gets to see of the file."""

from __future__ import annotations

import httpx
import pytest

from wan27.simulator import Fault


def test_a_truncated_download_ends_early_and_says_so(caller, film):
    """Content-Length promises the whole file; the connection ends after the scripted bytes."""
    url = caller.video_url(caller.submit())
    caller.simulator.script.faults.append(Fault(on="download", do="truncate", after_bytes=1000))
    with httpx.stream("GET", url, trust_env=False) as answer:
        assert str(film.stat().st_size) == answer.headers["content-length"]
        got = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
    assert film.read_bytes()[:1000] == b"".join(got)


def test_a_range_of_a_truncated_download_goes_on(caller, film):
    """The rest is there for who asks for it."""
    url = caller.video_url(caller.submit())
    caller.simulator.script.faults.append(Fault(on="download", do="truncate", after_bytes=1000))
    with pytest.raises(httpx.RemoteProtocolError):
        caller.download(url)
    assert film.read_bytes()[1000:] == caller.download(url, Range="bytes=1000-").content


def test_a_wrong_length_looks_whole(caller, film):
    """HTTP finds nothing amiss, yet only the first bytes of the file came."""
    url = caller.video_url(caller.submit())
    caller.simulator.script.faults.append(Fault(on="download", do="wrong_length", after_bytes=1000))
    answer = caller.download(url)
    assert (200, "1000", film.read_bytes()[:1000]) == (answer.status_code, answer.headers["content-length"], answer.content)


def test_faults_of_a_download(caller, film):
    """A store speaks XML, may send junk, and may ignore Range."""
    url = caller.video_url(caller.submit())
    caller.simulator.script.faults.extend(
        [
            {"on": "download", "do": "status", "status": 503, "reason": "SlowDown"},
            {"on": "download", "do": "wrong_content", "headers": {"Content-Type": "video/mp4"}},
            {"on": "download", "do": "ignore_range"},
        ]
    )
    slow, junk, whole = (caller.download(url, Range="bytes=10-") for _ in range(3))
    assert (503, True) == (slow.status_code, "<Code>SlowDown</Code>" in slow.text)
    assert (200, "video/mp4", True) == (junk.status_code, junk.headers["content-type"], junk.text.startswith("<html>"))
    assert (200, film.read_bytes()) == (whole.status_code, whole.content)
