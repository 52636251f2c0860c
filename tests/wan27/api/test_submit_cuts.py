"""A submission is sent once, wherever its connection breaks: at every byte, by FIN and RST."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from wan27.errors import HostUnreachable, SubmissionUncertain
from wan27.generate import submit

from .raw_host import RESPONSE, RawHost

BODY = {"prompt": "a boat", "image_url": "https://a.example/1.png"}
ENDS = ("close", "reset")


def outcome(client):
    """Return the task id, or the type of error."""
    try:
        return client.submit(BODY)
    except (SubmissionUncertain, HostUnreachable) as error:
        return type(error)


def whole_request(client, host):
    """Return the number of bytes of a submission."""
    client.submit(BODY)
    return len(host.requests.pop())


@pytest.mark.parametrize("end", ENDS)
def test_a_request_that_is_cut_anywhere_is_uncertain_and_sent_once(raw_host, make_client, end):
    """The host reads k bytes and closes, for every k: bytes may have left."""
    client = make_client(raw_host.base_url)
    size = whole_request(client, raw_host)
    seen = {}
    for number in range(size + 1):
        raw_host.play = lambda peer, number=number: (peer.read(number), getattr(peer, end)())
        raw_host.requests.clear()
        seen[number] = (outcome(client), len(raw_host.requests))
    assert 300 < size < 700
    if seen[0] == (
        HostUnreachable,
        1,
    ):  # a reset before the first byte may come before the connection exists
        del seen[0]
    assert {} == {
        number: found for number, found in seen.items() if found != (SubmissionUncertain, 1)
    }


@pytest.mark.parametrize("end", ENDS)
def test_only_a_complete_response_is_believed(raw_host, make_client, end):
    """The host sends k bytes of its response and closes, for every k: uncertain until the last."""
    client = make_client(raw_host.base_url)
    seen = {}
    for number in range(len(RESPONSE) + 1):
        raw_host.play = lambda peer, number=number: (
            peer.read_request(),
            peer.send(RESPONSE[:number]),
            getattr(peer, end)(),
        )
        raw_host.requests.clear()
        seen[number] = (outcome(client), raw_host.posts)
    assert ("t1", 1) == seen.pop(len(RESPONSE))
    assert {} == {
        number: found for number, found in seen.items() if found != (SubmissionUncertain, 1)
    }


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"]
)
def test_a_response_that_ends_with_its_connection_is_believed_only_if_complete(
    raw_host, make_client, head
):
    """Without a length a cut looks like the end, but half a JSON object is invalid."""
    client, body = make_client(raw_host.base_url), b'{"task_id": "t1", "more": {"a": [1]}}'
    for number in range(len(body) + 1):
        raw_host.play = lambda peer, number=number: peer.respond(head + body[:number])
        assert ("t1" if number == len(body) else SubmissionUncertain) == outcome(client)


def test_a_refused_connection_is_not_uncertain(make_client):
    """No one listens: nothing was sent, and it may be retried."""
    with RawHost() as host:
        gone = host.base_url
    assert HostUnreachable is outcome(make_client(gone))


def test_a_process_that_can_open_nothing_more_has_sent_nothing(raw_host, make_client, monkeypatch):
    """A list of hundreds of items passes the 256 open files of macOS; it may go on in a moment."""
    client = make_client(raw_host.base_url)

    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.events, "new_event_loop", refuse)
        patch.setattr(os, "open", refuse)
        with pytest.raises(HostUnreachable, match=r"too many files .* Nothing was sent\.$"):
            client.submit(BODY)
    assert [] == raw_host.requests
    assert "t1" == client.submit(BODY)


def test_an_unknown_host_name_is_not_uncertain(make_client, monkeypatch):
    """The lookup fails before anything is sent."""
    monkeypatch.setenv("NO_PROXY", "*")
    assert HostUnreachable is outcome(make_client("https://no-such-host.invalid"))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("read", "sent"),
    [(1, 0), (200, 0), (None, 0), (None, 1), (None, 40), (None, len(RESPONSE) - 1)],
)
async def test_an_uncertain_run_is_sent_again_only_after_a_person_gave_it_up(
    raw_session, make_job, raw_host, end, read, sent
):
    """Every Run stops as uncertain without another POST; after the decision, one buys."""

    def cut(peer):
        if read is None:
            peer.read_request()
        else:
            peer.read(read)
        peer.send(RESPONSE[:sent])
        getattr(peer, end)()

    raw_host.play = cut
    for _ in range(2):
        with pytest.raises(SubmissionUncertain, match="choose Submit again") as raised:
            await submit(make_job(), raw_session())
    assert 1 == len(raw_host.requests)

    raw_host.play = lambda peer: peer.respond(RESPONSE)
    journal = raw_session().journal
    journal.abandon(journal.find_entry(*raised.value.entry))
    assert "t1" == await submit(make_job(), raw_session())
    assert (2, "t1") == (len(raw_host.requests), await submit(make_job(), raw_session()))
