"""The second origin: signed URLs, their expiry, and ranges of a file."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture
def url(caller):
    """A new URL of a finished video."""
    return caller.video_url(caller.submit())


def test_the_video_is_on_another_origin_by_signed_url(caller, film, url):
    """It needs no key, and the answer has its length and an entity tag."""
    answer = caller.download(url)
    assert httpx.URL(url).port != httpx.URL(caller.simulator.base_url).port
    assert "X-Amz-Signature=" in url
    assert (200, film.read_bytes()) == (answer.status_code, answer.content)
    assert (str(film.stat().st_size), "bytes", "video/mp4") == tuple(
        answer.headers[name] for name in ("content-length", "accept-ranges", "content-type")
    )
    assert answer.headers["etag"].startswith('"')


def test_a_foreign_authorization_is_refused(caller, url):
    """An object store accepts one kind of authorization only."""
    answer = caller.http.get(url)
    assert (400, True) == (answer.status_code, "InvalidArgument" in answer.text)


def test_a_url_expires_and_the_next_result_has_a_new_one(start, film, clock):
    """403 after its hour; the URL in the task's next result works."""
    caller = start(video=str(film), queued_seconds=0, working_seconds=0)
    task_id = caller.submit()
    old = caller.video_url(task_id)
    clock.now += 3599.9
    before = caller.download(old)
    clock.now += 0.1
    after = caller.download(old)
    fresh = caller.video_url(task_id)
    assert (200, 403, 200) == (
        before.status_code,
        after.status_code,
        caller.download(fresh).status_code,
    )
    assert "expired" in after.text
    assert old != fresh
    assert fresh != caller.video_url(task_id)


def test_a_changed_url_is_refused(caller, url):
    """A missing signature, a longer life, another file, or a URL that was encoded twice."""
    until = httpx.URL(url).params["X-Simulator-Until"]
    changed = (
        url.split("?")[0],
        url.replace(until, "9e9"),
        url.replace(".mp4", "0.mp4"),
        url.replace("%2F", "%252F"),
        url + "&more=1",
    )
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
def test_a_range_is_honored(caller, film, url, wanted, part):
    """206 with the range that was asked for, and its position."""
    answer, whole = caller.download(url, Range=wanted), film.read_bytes()
    first, stop, _ = part.indices(len(whole))
    assert (206, whole[part]) == (answer.status_code, answer.content)
    assert f"bytes {first}-{stop - 1}/{len(whole)}" == answer.headers["content-range"]


def test_a_range_behind_the_end_is_416(caller, film, url):
    """The answer has the length of the file."""
    answer = caller.download(url, Range=f"bytes={film.stat().st_size}-")
    assert (416, f"bytes */{film.stat().st_size}") == (
        answer.status_code,
        answer.headers["content-range"],
    )


@pytest.mark.parametrize("wanted", ["bytes=-", "lines=1-2", "bytes=5-1x", "bytes=0-1,5-6"])
def test_an_illegal_range_is_ignored(caller, url, wanted):
    """As the standard allows, the answer is the whole file."""
    assert 200 == caller.download(url, Range=wanted).status_code


def test_conditions_guard_against_another_file(caller, url):
    """With a foreign tag, If-Range gets the whole file and If-Match an error."""
    etag = caller.download(url).headers["etag"]
    answers = [
        caller.download(url, Range="bytes=5-", **{name: tag})
        for name in ("If-Range", "If-Match")
        for tag in (etag, '"other"')
    ]
    assert [206, 200, 206, 412] == [answer.status_code for answer in answers]


def test_a_deleted_file_is_404(start, film, tmp_path):
    """Even where its URL has not expired."""
    copy = tmp_path / "film.mp4"
    copy.write_bytes(film.read_bytes())
    caller = start(video=str(copy), queued_seconds=0, working_seconds=0)
    url = caller.video_url(caller.submit())
    copy.unlink()
    assert (404, True) == (
        caller.download(url).status_code,
        "NoSuchKey" in caller.download(url).text,
    )
