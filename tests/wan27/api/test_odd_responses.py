"""Invalid responses: each is read within bounds of time and size, and ends in a named error."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import time
import tracemalloc
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27 import errors
from wan27.api.connections import MAX_RESPONSE_BYTES, decompress
from wan27.api.protocols.port import Status
from wan27.api.retry import READ, SUBMIT

from .raw_host import RESPONSE, RawHost, response

BODY = {"prompt": "a boat"}
ID = b'{"task_id": "t1"}'
# Without a time: the ids of the tests must be the same in every worker.
BOMB = gzip.compress(bytes(100 * 1024 * 1024), mtime=0)  # 100 KB on the wire
HURRIED = replace(SUBMIT, read_seconds=0.3, call_seconds=0.6)


def test_a_large_image_on_a_slow_line_is_sent_while_any_of_it_leaves(make_client):
    """The time that one piece may take is no limit for all of them."""

    def play(peer):
        if peer.read_request(pause_seconds=0.003):
            peer.send(RESPONSE)

    with RawHost(play) as host:
        client = make_client(host.base_url, submitting=replace(SUBMIT, send_seconds=0.5))
        assert "t1" == client.submit({"image_url": "data:image/png;base64," + "A" * 24_000_000})
        assert 1 == host.posts


def test_a_response_that_came_while_the_process_was_stopped_is_read(make_client, monkeypatch):
    """A laptop that sleeps for an hour in the submission: its clock runs on, on Windows."""
    slept, clock = [], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 3600 * len(slept))

    def play(peer):
        peer.read_request()
        time.sleep(0.2)
        slept.append(True)
        peer.send(RESPONSE)

    with RawHost(play) as host:
        assert "t1" == make_client(host.base_url).submit(BODY)


def plain(body):
    """Return a play that responds once and closes the connection."""
    return lambda peer: peer.respond(body)


def endless(body):
    """Return a play that repeats the same bytes until the client closes."""

    def play(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" if not body.startswith(b"HTTP") else b"")
        while True:
            peer.send(body)

    return play


@pytest.mark.parametrize(
    "given",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + RESPONSE,
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + RESPONSE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n"
        + ID[:7]
        + b"\r\na\r\n"
        + ID[7:]
        + b"\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + ID,
        response(gzip.compress(ID, mtime=0), "200 OK", "Content-Encoding: gzip"),
        response(zlib.compress(ID), "200 OK", "Content-Encoding: deflate"),
        response(zlib.compress(ID)[2:-4], "200 OK", "Content-Encoding: deflate"),
        response(gzip.compress(ID, mtime=0), "200 OK"),
        response(gzip.compress(gzip.compress(ID, mtime=0), mtime=0), "200 OK"),
        response(gzip.compress(ID[:5], mtime=0) + gzip.compress(ID[5:], mtime=0), "200 OK"),
        response(gzip.compress(ID, mtime=0), "200 OK", "Content-Encoding: aws-chunked"),
        *(
            response(ID, "200 OK", f"Content-Encoding: {encoding}")
            for encoding in ("aws-chunked", "utf-8", "none", "gzip", "deflate", "br", "zstd", "")
        ),
        response(b"\xef\xbb\xbf\r\n" + ID + b"\0"),
        response(ID.decode().encode("utf-16")),
        response(ID + b"\n<!-- proxy -->"),
        response(ID + ID),
        response(ID[:-1] + b', "note": "a\nb \xe9", "n": ' + b"9" * 5000 + b"}"),
        response(ID, "201 Created"),
        response(ID, "202 Accepted"),
    ],
)
def test_an_unusual_but_complete_response_is_read(raw_host, make_client, given):
    """The id of a paid task survives a gateway that compresses, chunks or sends hints."""
    raw_host.play = plain(given)
    assert ("t1", 1) == (make_client(raw_host.base_url).submit(BODY), raw_host.posts)


@pytest.mark.parametrize(
    "play",
    [
        plain(b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" + ID),
        plain(b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + ID),
        plain(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nContent-Length: 18\r\n\r\n" + ID),
        plain(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + ID),
        plain(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n" + ID),
        plain(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + ID),
        plain(b"SSH-2.0-OpenSSH_9.6\r\n"),
        plain(b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_RESPONSE_BYTES + b"\r\n\r\n" + ID),
        plain(response(b" " * MAX_RESPONSE_BYTES + ID)),
        plain(response(BOMB, "200 OK", "Content-Encoding: gzip")),
        plain(response(b"not packed", "200 OK", "Content-Encoding: gzip")),
        plain(response(b"\x1b\x00\xf8", "200 OK", "Content-Encoding: br")),
        plain(response(gzip.compress(BOMB, mtime=0), "200 OK", "Content-Encoding: gzip, gzip")),
        plain(response(b"", "204 No Content")),
        plain(response(b"", "303 See Other", "Location: /elsewhere")),
        plain(response(b"", "101 Switching Protocols", "Upgrade: x", "Connection: upgrade")),
        plain(response(b"", "408 Request Timeout")),
        plain(response(b"<html>", "502 Bad Gateway")),
        endless(b" " * 65536),
        endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
        lambda peer: (peer.read_request(), peer.drip(RESPONSE, 0.05)),
        lambda peer: (peer.read_request(), time.sleep(1)),
    ],
)
def test_an_unreadable_response_is_uncertain_within_bounds(raw_host, make_client, play):
    """Cut, contradictory, compressed, endless, dripping or silent: one submission."""
    client, raw_host.play, began = (
        make_client(raw_host.base_url, submitting=HURRIED),
        play,
        time.monotonic(),
    )
    tracemalloc.start()
    with pytest.raises(errors.SubmissionUncertain):
        client.submit(BODY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (1, True) == (raw_host.posts, time.monotonic() - began < 5)
    assert peak < 40 * 1024 * 1024


async def test_a_task_is_read_whatever_its_content_encoding_claims(raw_host, make_client):
    """Also where the answer is really compressed, and where it is an error."""
    running = b'{"task": {"status": "TASK_STATUS_QUEUED"}}'
    refused = gzip.compress(b'{"reason": "TASK_NOT_FOUND", "message": "gone"}', mtime=0)
    client = make_client(raw_host.base_url)
    for body, encoding in ((running, "gzip"), (gzip.compress(running, mtime=0), "br")):
        given = response(body, "200 OK", f"Content-Encoding: {encoding}")
        raw_host.play = plain(given)
        assert Status.QUEUED is (await client.task("t1")).status
    raw_host.play = plain(response(refused, "404 Not Found", "Content-Encoding: utf-8"))
    with pytest.raises(errors.TaskUnknown, match="gone"):
        await client.task("t1")
    await client.aclose()


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
async def test_a_redirect_is_not_followed(raw_host, make_client, status):
    """Neither the key nor the request is sent to another origin, in both calls.

    After a submission the task may exist: a gateway may redirect to its result.
    """
    with RawHost() as other:
        raw_host.play = plain(
            response(b"", status, f"Location: {other.base_url}/v3/async/wan2.7-i2v")
        )
        client = make_client(raw_host.base_url)

        with pytest.raises(errors.SubmissionUncertain, match=f"HTTP {status[:3]}"):
            await asyncio.to_thread(client.submit, BODY)
        with pytest.raises(errors.UnexpectedResponse, match="the key is not sent there"):
            await client.task("t1")
        await client.aclose()
    assert (2, []) == (len(raw_host.requests), [request for request in other.requests if request])


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", errors.RequestRefused),
        ("401 Unauthorized", errors.KeyRefused),
        ("402 Payment Required", errors.BalanceTooLow),
        ("403 Forbidden", errors.KeyRefused),
        ("413 Too Large", errors.RequestRefused),
        ("429 Too Many Requests", errors.RateLimited),
    ],
)
def test_a_refused_request_is_not_uncertain(raw_host, make_client, status, error):
    """The host read the request and refused it: nothing was bought."""
    raw_host.play = plain(response(b"<html>no</html>", status))
    with pytest.raises(error):
        make_client(raw_host.base_url).submit(BODY)
    assert 1 == raw_host.posts


async def test_an_endless_response_about_a_task_ends(raw_host, make_client):
    """The whole call has a timeout, however often a byte arrives."""
    raw_host.play = lambda peer: (peer.read_request(), peer.drip(RESPONSE, 0.05))
    client, began = (
        make_client(raw_host.base_url, reading=replace(READ, call_seconds=0.3)),
        time.monotonic(),
    )
    with pytest.raises(errors.HostUnreachable, match="No complete response arrived within 0 s"):
        await client.task("t1")
    await client.aclose()
    assert time.monotonic() - began < 2


async def test_only_reads_share_a_connection(raw_host, make_client):
    """A submission has its own: one that died meanwhile would make it uncertain."""
    running = b'{"task": {"status": "TASK_STATUS_QUEUED"}}'

    def play(peer):
        while peer.read_request():
            peer.send(response(running if peer.request.startswith(b"GET") else ID))

    raw_host.play, client = play, make_client(raw_host.base_url)

    assert [Status.QUEUED] * 2 == [(await client.task("t1")).status for _ in range(2)]
    assert 1 == len(raw_host.requests)
    assert "t1" == await asyncio.to_thread(client.submit, BODY)
    assert 2 == len(raw_host.requests)
    await client.aclose()


async def test_each_call_has_our_own_name(raw_host, make_client):
    """Gateways refuse the names of HTTP libraries."""
    heads = []

    def play(peer):
        while peer.read_request():
            heads.append(bytes(peer.request).lower())
            peer.send(response(b"{}" if peer.request.startswith(b"GET") else ID))

    raw_host.play, client = play, make_client(raw_host.base_url)
    await asyncio.to_thread(client.submit, BODY)
    with pytest.raises(errors.UnexpectedResponse):
        await client.task("t1")
    await client.http.get(raw_host.base_url)
    await client.aclose()
    assert 3 == sum(b"\r\nuser-agent: wan27-comfyui\r\n" in head for head in heads)


@pytest.mark.skipif(
    os.name == "nt",
    reason="Windows has no signal for one process: os.kill would end the tests",
)
def test_ctrl_c_during_a_submission_is_not_swallowed(raw_host, make_client):
    """It is not a network error, and nothing is sent again."""
    raw_host.play = lambda peer: (
        peer.read_request(),
        os.kill(os.getpid(), signal.SIGINT),
        peer.connection.recv(1),  # until the client ends the connection
    )
    # A shell without a terminal starts its background jobs with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            make_client(raw_host.base_url).submit(BODY)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 1 == raw_host.posts


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "gzip", "deflate", "br", "GZIP ", "x-gzip", "gzip, gzip"]),
)
def test_any_body_is_decompressed_or_an_error(body, encoding):
    """Invalid gzip and unsupported encodings leave the bytes as they are."""
    with suppress(errors.UnexpectedResponse):
        assert len(decompress(body, encoding)) <= MAX_RESPONSE_BYTES
