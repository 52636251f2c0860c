"""The second origin: signed addresses, their end, and parts of a file."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture
def url(caller):
    """A fresh address of a video that is done."""
    return caller.video_url(caller.submit())


def test_the_video_comes_from_another_origin_by_signed_address(caller, film, url):
    """It comes whole, without a key, with its length and an entity tag."""
    answer = caller.download(url)
    assert httpx.URL(url).port != httpx.URL(caller.simulator.base_url).port
    assert "X-Amz-Signature=" in url
    assert (200, film.read_bytes()) == (answer.status_code, answer.content)
    assert (str(film.stat().st_size), "bytes", "video/mp4") == tuple(
        answer.headers[name] for name in ("content-length", "accept-ranges", "content-type")
    )
    assert answer.headers["etag"].startswith('"')


def test_a_foreign_authorization_is_refused(caller, url):
    """An object store takes one proof only; that the key came here at all is on record."""
    answer = caller.http.get(url)
    assert (400, True) == (answer.status_code, "InvalidArgument" in answer.text)
    assert ["Bearer made-up"] == [headers["authorization"] for headers in caller.simulator.downloads]


def test_an_address_expires_and_the_next_look_signs_a_fresh_one(start, film, clock):
    """403 once its time is over; the task's next result carries another address that works."""
    caller = start(video=str(film), queued_seconds=0, working_seconds=0, url_seconds=60)
    task_id = caller.submit()
    old = caller.video_url(task_id)
    clock.now += 59.9
    before = caller.download(old)
    clock.now += 0.1
    after = caller.download(old)
    fresh = caller.video_url(task_id)
    assert (200, 403, 200) == (before.status_code, after.status_code, caller.download(fresh).status_code)
    assert "expired" in after.text
    assert old != fresh
    assert fresh != caller.video_url(task_id)


def test_a_changed_address_is_refused(caller, url):
    """A missing signature, a longer life, another file, or an address that was encoded twice."""
    until = httpx.URL(url).params["X-Simulator-Until"]
    changed = (url.split("?")[0], url.replace(until, "9e9"), url.replace(".mp4", "0.mp4"), url.replace("%2F", "%252F"), url + "&more=1")
    assert [403] * 5 == [caller.download(each).status_code for each in changed]


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-", slice(0, None)),
        ("bytes=100-", slice(100, None)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=-50", slice(-50, None)),
        ("bytes=0-99999999", slice(0, None)),
    ],
)
def test_a_range_is_honoured(caller, film, url, wanted, part):
    """206 with the part that was asked for, and where it lies."""
    answer, whole = caller.download(url, Range=wanted), film.read_bytes()
    first, stop, _ = part.indices(len(whole))
    assert (206, whole[part]) == (answer.status_code, answer.content)
    assert f"bytes {first}-{stop - 1}/{len(whole)}" == answer.headers["content-range"]


def test_a_range_behind_the_end_is_416(caller, film, url):
    """The answer says how long the file is."""
    answer = caller.download(url, Range=f"bytes={film.stat().st_size}-")
    assert (416, f"bytes */{film.stat().st_size}") == (answer.status_code, answer.headers["content-range"])


@pytest.mark.parametrize("wanted", ["bytes=-", "lines=1-2", "bytes=5-1x", "bytes=0-1,5-6"])
def test_a_range_that_is_none_is_ignored(caller, url, wanted):
    """As the standard allows, the whole file comes."""
    assert 200 == caller.download(url, Range=wanted).status_code


def test_conditions_guard_against_another_file(caller, url):
    """If-Range with a foreign tag gives the whole file, If-Match refuses."""
    etag = caller.download(url).headers["etag"]
    answers = [caller.download(url, Range="bytes=5-", **{name: tag}) for name in ("If-Range", "If-Match") for tag in (etag, '"other"')]
    assert [206, 200, 206, 412] == [answer.status_code for answer in answers]


def test_a_file_that_is_gone_is_404(start, film, tmp_path):
    """Videos do not live for ever, whatever their address says."""
    copy = tmp_path / "film.mp4"
    copy.write_bytes(film.read_bytes())
    caller = start(video=str(copy), queued_seconds=0, working_seconds=0)
    url = caller.video_url(caller.submit())
    copy.unlink()
    assert (404, True) == (caller.download(url).status_code, "NoSuchKey" in caller.download(url).text)
