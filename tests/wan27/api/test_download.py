"""A video is downloaded whole or not at all, resumed only if it is the same file."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import zlib
from dataclasses import replace
from email.utils import formatdate
from itertools import count

import pytest
from httpcore._backends.anyio import AnyIOStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wan27 import errors
from wan27.api.client import Client
from wan27.api.download import Download
from wan27.api.key import choose_account
from wan27.api.retry import DOWNLOAD

from .conftest import KEY
from .raw_host import RawHost, response

VIDEO = bytes(range(256)) * 40
ETAG = 'ETag: "v1"'
# Without a time: the ids of the tests must be the same in every worker.
COMPRESSED = response(gzip.compress(bytes(10**7), mtime=0), "200 OK", "Content-Encoding: gzip")
BOMB = response(gzip.compress(bytes(80 * 1024 * 1024), mtime=0))


def first(number, *headers, body=VIDEO):
    """Return a response that breaks off after that many bytes of the body."""
    return response(body, "200 OK", *headers)[: -len(body) + number or None]


def rest(start, *headers, body=VIDEO, total=None):
    """Return a range that runs to the end."""
    content_range = f"Content-Range: bytes {start}-{len(body) - 1}/{total or len(body)}"
    return response(body[start:], "206 Partial Content", content_range, *headers)


class Fetch:
    """A download from a host with given responses, and its result."""

    def __init__(self, host, folder, **options):
        self.host, self.target, self.options = host, folder / "videos" / "t1.mp4", options
        self.url, self.fresh, self.waits, self.percents = (
            host.base_url + "/v.mp4?sign=1",
            [],
            [],
            [],
        )
        self.api, self.broken, self.error = host.base_url, 0, errors.DownloadFailed

    def __call__(self, *responses):
        """Return the bytes of the finished file."""
        left = list(responses)
        self.host.play = lambda peer: peer.respond(left.pop(0) if left else b"")
        asyncio.run(self.run())
        return self.target.read_bytes()

    async def run(self):
        client = Client(choose_account({"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": self.api}.get))
        try:
            download = Download(
                client.http,
                self.url,
                self.fresh_url,
                self.verify,
                self.percents.append,
                **self.options,
            )
            await download.to(self.target, self.sleep)
        finally:
            await client.aclose()
            assert [] == list(self.target.parent.glob("*.part"))

    async def fresh_url(self):
        self.fresh.append(self.url)
        return self.host.base_url + "/v.mp4?sign=2"

    async def verify(self, part):
        if part.read_bytes() != VIDEO:
            self.broken += 1
            raise self.error("The download is incomplete.")

    async def sleep(self, seconds):
        self.waits.append(seconds)

    @property
    def asked(self):
        """The Range header of each request."""
        lines = [bytes(request).decode().split("\r\n") for request in self.host.requests if request]
        return [
            next((line[7:] for line in head if line.lower().startswith("range: ")), None)
            for head in lines
        ]


@pytest.fixture
def fetch(raw_host, tmp_path):
    """A download from a raw host on this machine."""
    return Fetch(raw_host, tmp_path)


def test_a_whole_file_is_downloaded_once(fetch):
    """One request without the key, and the percentage ends at 100."""
    assert VIDEO == fetch(response(VIDEO))
    assert ([None], 100.0) == (fetch.asked, fetch.percents[-1])
    assert b"authorization" not in bytes(fetch.host.requests[0]).lower()


ENCODINGS = ("aws-chunked", "utf-8", "none", "binary", "gzip", "identity", "br", "gzip, gzip", "")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_video_is_one_whatever_its_content_encoding_claims(fetch, encoding):
    """Object stores send the header that the uploader set; a broken connection is resumed too."""
    header = f"Content-Encoding: {encoding}"
    given = (first(1000, ETAG, header), rest(1000, ETAG, header))
    assert VIDEO == fetch(*given)
    assert [None, "bytes=1000-"] == fetch.asked


@pytest.mark.parametrize("header", ["Content-Encoding: gzip", "Content-Encoding: identity", "X: y"])
def test_a_video_that_a_proxy_compressed_is_unpacked(fetch, header):
    """The announced length is that of the compressed bytes, and is checked; so are the bytes."""
    packed = gzip.compress(VIDEO, mtime=0)
    parts = (first(20, ETAG, header, body=packed), rest(20, ETAG, header, body=packed))
    assert VIDEO == fetch(*parts)
    assert [None, "bytes=20-"] == fetch.asked
    broken = bytearray(response(packed, "200 OK", header))
    broken[-9] ^= 1  # its checksum
    with pytest.raises(errors.DownloadFailed, match="incomplete"):
        fetch(bytes(broken))


@pytest.mark.parametrize(
    "packed",
    [zlib.compress(VIDEO), gzip.compress(gzip.compress(VIDEO, mtime=0), mtime=0)],
    ids=["zlib", "twice"],
)
def test_a_video_is_unpacked_however_a_proxy_packed_it(fetch, packed):
    """Deflate is zlib's format; a proxy behind a proxy packs twice."""
    assert VIDEO == fetch(response(packed))


@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/xml", ""])
def test_a_video_is_one_whatever_its_content_type_claims(fetch, kind):
    """Object stores send the type that the uploader set."""
    assert VIDEO == fetch(response(VIDEO, "200 OK", f"Content-Type: {kind}"))


def test_an_empty_file_is_requested_again(fetch):
    """A store may know of an object before it has its bytes."""
    assert VIDEO == fetch(response(b""), response(VIDEO))
    assert 1 == len(fetch.waits)


def test_a_video_that_ends_too_early_is_downloaded_once_more(fetch, monkeypatch):
    """Although it is as long as announced: a store may have answered before it had it all."""
    monkeypatch.setattr(fetch, "error", errors.CutShort)
    assert VIDEO == fetch(response(VIDEO[:500]), response(VIDEO))


LONG_AGO = (
    f"Last-Modified: {formatdate(1e9, usegmt=True)}",
    f"Date: {formatdate(1e9 + 3600, usegmt=True)}",
)


@pytest.mark.parametrize("mark", [(ETAG,), LONG_AGO, (ETAG, *LONG_AGO)])
def test_a_broken_connection_is_resumed_by_etag_or_a_sure_date(fetch, mark):
    """The rest is requested on the condition that it is the same file."""
    assert VIDEO == fetch(first(1000, *mark), rest(1000, *mark))
    assert [None, "bytes=1000-"] == fetch.asked
    condition = 'if-range: "v1"' if ETAG in mark else f"if-range: {LONG_AGO[0][15:].lower()}"
    assert condition in bytes(fetch.host.requests[1]).decode().lower()


@pytest.mark.parametrize(
    "headers",
    [
        ('ETag: W/"v1"',),
        ("ETag: v1",),
        ('ETag: "v\xe91"',),
        ("Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT",),
        ("Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT", "Date: Sun, 09 Sep 2001 01:46:50 GMT"),
        ("Last-Modified: long ago", "Date: now"),
        (),
    ],
)
def test_a_download_without_a_validator_starts_again(fetch, headers):
    """A weak ETag, a recent date or none at all cannot promise the same bytes."""
    assert VIDEO == fetch(first(1000, *headers), response(VIDEO, "200 OK", *headers))
    assert [None, None] == fetch.asked


@pytest.mark.parametrize(
    "second",
    [
        rest(999, ETAG),
        rest(1000, ETAG, total=99999),
        rest(1000, 'ETag: "v2"'),
        response(VIDEO[1000:], "206 Partial Content", ETAG),
        response(VIDEO[1000:], "206 Partial Content", ETAG, "Content-Range: bytes 1000-/x"),
        response(b"", "416 Range Not Satisfiable"),
        response(b"", "412 Precondition Failed"),
    ],
)
def test_a_rest_that_does_not_fit_starts_again(fetch, second):
    """Another start, length or ETag, or no range: none of its bytes reach the file."""
    assert VIDEO == fetch(first(1000, ETAG), second, response(VIDEO, "200 OK", ETAG))
    assert [None, "bytes=1000-", None] == fetch.asked


def test_a_server_that_sends_the_whole_again_starts_again(fetch):
    """A changed file, or a server without ranges: a 200 starts again at once."""
    old = bytes(5000)
    assert VIDEO == fetch(first(1000, ETAG, body=old), response(VIDEO, "200 OK", 'ETag: "v2"'))


def test_an_expired_url_is_requested_again_and_the_rest_resumed(fetch):
    """The same file under another signature."""
    assert VIDEO == fetch(first(1000, ETAG), response(b"", "403 Forbidden"), rest(1000, ETAG))
    assert [None, "bytes=1000-", "bytes=1000-"] == fetch.asked
    assert (1, True) == (len(fetch.fresh), b"sign=2" in fetch.host.requests[2])


def test_a_cut_file_without_a_length_is_downloaded_once_more(fetch):
    """A connection that a proxy cuts looks like the end of the file."""
    assert VIDEO == fetch(response(VIDEO[:500], length=False), response(VIDEO, length=False))
    with pytest.raises(errors.DownloadFailed, match="download is incomplete"):
        fetch(*[response(VIDEO[:500], length=False)] * 9)
    assert (3, 4) == (fetch.broken, len(fetch.asked))


def test_a_complete_file_that_is_no_video_is_not_downloaded_again(fetch):
    """It is as long as announced, so another download would be the same."""
    with pytest.raises(errors.DownloadFailed, match="download is incomplete"):
        fetch(response(VIDEO[:500]))
    assert 1 == len(fetch.asked)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            response(b"<html>log in", "200 OK", "Content-Type: text/html; charset=utf-8"),
            r"a page \(text/html\)",
        ),
        (
            response(b"{}", "200 OK", "Content-Type: application/json"),
            r"a page \(application/json\)",
        ),
        (
            response(b"\n<html><title>Log in</title>", "200 OK", "Content-Type: video/mp4"),
            r"a page \(video/mp4: Log in\)",
        ),
        (COMPRESSED, "incomplete"),
        (BOMB, "unpacks endlessly"),
        (response(b"", "204 No Content"), "HTTP 204"),
        (response(b"", "418 Teapot"), "HTTP 418"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n", "more than 4 GB"),
        (response(b"", "302 Found", "Location: ftp://a.example/v.mp4"), "cannot be downloaded"),
    ],
)
def test_what_is_no_video_is_an_error_at_once(fetch, given, says):
    """There is no retry where it would end the same way."""
    with pytest.raises(errors.DownloadFailed, match=says):
        fetch(given)
    assert [] == fetch.waits


def test_a_full_disk_is_an_error_before_the_first_byte(raw_host, tmp_path):
    """It says what is needed, what is free, where, and that the task is kept."""
    fetch = Fetch(raw_host, tmp_path, free=lambda _: 70 * 1024 * 1024)
    with pytest.raises(
        errors.DownloadFailed,
        match=r"needs 74 MB in .*videos and 70 MB is free\. Free some space there.*is kept",
    ):
        fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" + VIDEO)
    assert VIDEO == fetch(response(VIDEO))


def test_a_folder_that_cannot_be_written_is_named(fetch):
    """A file in place of the folder is a DownloadFailed, not an OSError."""
    fetch.target.parent.write_bytes(b"")
    with pytest.raises(errors.DownloadFailed, match="cannot be written to .*is kept"):
        asyncio.run(fetch.run())
    fetch.target.parent.unlink()


def test_a_peer_that_drips_cannot_stall_a_node(raw_host, tmp_path):
    """After a minute the speed counts, so each attempt ends, and with the last the download."""
    clock = count(0, 20.0)  # each look at the clock is 20 seconds later
    fetch = Fetch(
        raw_host, tmp_path, clock=lambda: next(clock), policy=replace(DOWNLOAD, attempts=3)
    )
    raw_host.play = lambda peer: (
        peer.read_request(),
        peer.send(response(VIDEO)[:-10000]),
        peer.drip(VIDEO[:50], 0.01),
    )
    with pytest.raises(errors.HostUnreachable, match="standstill"):
        asyncio.run(fetch.run())
    assert 3 == len(raw_host.requests)


@pytest.mark.parametrize("step", [{"call_seconds": 0.2}, {"read_seconds": 0.2}])
def test_a_silent_peer_times_out(raw_host, tmp_path, step):
    """Before its first byte and in the middle."""
    fetch = Fetch(raw_host, tmp_path, policy=replace(DOWNLOAD, attempts=2, **step))
    silent_from = 5 if "call_seconds" in step else -1000
    raw_host.play = lambda peer: (
        peer.read_request(),
        peer.send(response(VIDEO)[:silent_from]),
        time.sleep(1),
    )
    with pytest.raises(errors.HostUnreachable):
        asyncio.run(fetch.run())
    assert 2 == len(raw_host.requests)


def test_redirects_are_followed_a_few_times(fetch):
    """Relative ones and others; the body of a redirect is not read, however long it is."""
    hop = response(b"", "302 Found", "Location: /elsewhere.mp4", length=False) + bytes(10**6)
    assert VIDEO == fetch(hop, hop, response(VIDEO))
    with pytest.raises(errors.DownloadFailed, match="redirects more than 5 times"):
        fetch(*[hop] * 9)


def test_cookies_are_neither_kept_nor_sent(fetch):
    """A cookie of one origin would reach another one with the same name."""
    hop = response(b"", "302 Found", "Location: /v.mp4", "Set-Cookie: session=secret; Path=/")
    assert VIDEO == fetch(hop, response(VIDEO))
    assert b"secret" not in bytes(fetch.host.requests[1])


@pytest.fixture
def known_names(monkeypatch):
    """Names that resolve to this machine, as an attacker's name server would do it."""
    real = socket.getaddrinfo
    names = {"videos.example", "api.example"}

    def look_up(host, *rest, **more):
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if name in names else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "videos.example"]
)
@pytest.mark.parametrize("by_redirect", [False, True])
def test_a_public_host_cannot_send_a_download_to_an_internal_address(
    known_names, raw_host, fetch, name, by_redirect
):
    """Not by its URL, not by a redirect, in no spelling, and not by a name that resolves here."""
    with RawHost() as inside:
        target = f"http://{name}:{inside.port}/secrets"
        raw_host.play = lambda peer: peer.respond(response(b"", "302 Found", f"Location: {target}"))
        fetch.api = "https://api.example"
        fetch.url = f"http://api.example:{raw_host.port}/v.mp4" if by_redirect else target
        with pytest.raises(errors.DownloadFailed, match="points to an internal address"):
            asyncio.run(fetch.run())
        assert [] == [request for request in inside.requests if request]


@pytest.mark.parametrize("fake", ["198.18.0.5", "fdfe:dcba:9876::5", "fc00::5"])
def test_a_local_proxy_may_answer_for_every_name(known_names, fetch, fake, monkeypatch):
    """Its fake address is behind a name; the same address as a number is refused."""
    got = AnyIOStream.get_extra_info
    monkeypatch.setattr(
        AnyIOStream,
        "get_extra_info",
        lambda self, info: (fake, 443) if info == "server_addr" else got(self, info),
    )
    fetch.api = "https://api.example"
    fetch.url = f"http://videos.example:{fetch.host.port}/v.mp4"
    assert VIDEO == fetch(response(VIDEO))
    fetch.url = f"http://{f'[{fake}]' if ':' in fake else fake}/v.mp4"
    with pytest.raises(errors.DownloadFailed, match="internal address"):
        fetch(response(VIDEO))


def test_the_api_host_itself_is_trusted(known_names, fetch):
    """The user chose it: a gateway in their own network may serve the videos too."""
    fetch.api = "https://api.example"
    fetch.url = f"http://api.example:{fetch.host.port}/v.mp4"
    assert VIDEO == fetch(response(VIDEO))


def test_a_proxy_may_run_on_this_machine(fetch, monkeypatch):
    """It looks up the names itself; a URL with an internal IP address is still refused."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", fetch.host.base_url)
    fetch.api, fetch.url = "https://api.example", "http://videos.example/v.mp4"
    assert VIDEO == fetch(response(VIDEO))
    fetch.url = "http://10.0.0.1/v.mp4"
    with pytest.raises(errors.DownloadFailed, match=r"internal address \(10\.0\.0\.1\)"):
        fetch(response(VIDEO))


def test_an_existing_file_is_replaced_whole(fetch):
    """The target is the old file or the new one, never a part."""
    fetch.target.parent.mkdir()
    fetch.target.write_bytes(b"old")
    assert VIDEO == fetch(response(VIDEO))


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda status, number, kind, body: response(
                body, f"{status} X", f"Content-Range: bytes {number}-9/10", f"ETag: {kind}"
            ),
            st.sampled_from([200, 206, 301, 403, 416, 500]),
            st.integers(0, 12),
            st.sampled_from(['"a"', "W/x", "\xe9"]),
            st.binary(max_size=12),
        ),
    ),
    max_size=4,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PIECES)
def test_any_server_ends_in_the_video_or_a_named_error(raw_host, tmp_path, pieces):
    """Fuzzed responses leave no unverified file, no part file and no other error."""
    fetch = Fetch(raw_host, tmp_path, policy=replace(DOWNLOAD, attempts=5))
    fetch.target.unlink(missing_ok=True)
    try:
        assert VIDEO == fetch(*pieces)
    except (errors.DownloadFailed, errors.HostUnreachable, errors.HostFailed):
        assert not fetch.target.exists()
