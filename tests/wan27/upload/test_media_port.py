"""The port for media alone: what it gives, and that there is nothing else behind it."""

from __future__ import annotations

import errno
import os
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wan27.errors import InvalidSetting, UploadFailed
from wan27.upload import media_port
from wan27.upload.media_port import Address, MediaPort, open_media_port, parse_serve_port
from wan27.upload.serve import Serve

from .bucket_client import upload_image

NAME = f"{'0a' * 16}.png"
CONTENT = bytes(range(256)) * 4000
LOOPBACK = "127.0.0.1"


@pytest.fixture
def folder(tmp_path):
    """The served folder: one file, and others that must stay unread."""
    folder = tmp_path / "serving"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    for path in (folder / "notes.txt", tmp_path / "journal.sqlite3", tmp_path / NAME):
        path.write_bytes(b"secret")
    return folder


@pytest.fixture
def port(folder, unused_tcp_port):
    """The port of that folder."""
    port = MediaPort(Address(LOOPBACK, unused_tcp_port), folder)
    yield port
    port.close()
    assert not port.is_open()


def connect(port):
    return socket.create_connection(port.address, timeout=20)


def ask(port, request):
    """Send bytes; return status line, headers and body, or None where nothing came back."""
    with connect(port) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    if not received:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split(" ")[1]), dict(line.split(": ") for line in lines), body


def get(port, target=f"/wan27/media/{NAME}", method="GET", **headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: tunnel.example"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ask(port, "\r\n".join([*lines, "", ""]).encode())


def until(condition):
    """Wait, at most 20 seconds, for what the port's own thread does."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_file_is_read_by_get_and_head(port):
    """Nothing in the headers tells which server this is, or lets another page read it."""
    status, headers, body = get(port)
    assert (200, CONTENT) == (status, body)
    assert {
        "Content-Length": str(len(CONTENT)),
        "Content-Type": "image/png",
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    } == headers
    assert (200, headers, b"") == get(port, method="HEAD")
    assert 200 == get(port, f"/wan27/media/{NAME}?warning=off")[0]


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=1000-", 206, 1000, len(CONTENT)),
        ("bytes=-5", 206, len(CONTENT) - 5, len(CONTENT)),
        ("bytes=5-99999999999", 206, 5, len(CONTENT)),
        ("bytes=-99999999999", 206, 0, len(CONTENT)),
        ("bytes=0-0,5-6", 200, 0, len(CONTENT)),
        ("bytes=9-5", 200, 0, len(CONTENT)),
        ("bytes=-", 200, 0, len(CONTENT)),
        ("lines=1-2", 200, 0, len(CONTENT)),
    ],
)
def test_a_range_is_that_part_of_the_file(port, asked, status, start, stop):
    """What is not one range of bytes is ignored, as the standard allows."""
    answer, headers, body = get(port, Range=asked)
    assert (status, CONTENT[start:stop]) == (answer, body)
    expected = f"bytes {start}-{stop - 1}/{len(CONTENT)}" if status == 206 else None
    assert expected == headers.get("Content-Range")


@pytest.mark.parametrize("asked", [f"bytes={len(CONTENT)}-", "bytes=-0"])
def test_a_range_behind_the_end_is_refused_with_the_size(port, asked):
    """So that a client which resumes a complete file knows that it is complete."""
    status, headers, body = get(port, Range=asked)
    assert (416, f"bytes */{len(CONTENT)}", b"") == (status, headers["Content-Range"], body)


def test_a_range_of_an_unknown_version_is_the_whole_file(port):
    """If-Range names a version, and none was ever given."""
    assert CONTENT == get(port, Range="bytes=5-9", If_Range='"x"')[2]


@pytest.mark.parametrize(
    "target",
    [
        *("/", "/prompt", "/system_stats", "/view?filename=x", "/ws", "/wan27/settings", "*"),
        *("/wan27/media", "/wan27/media/", "/wan27/media/.", "/wan27/media/..", "//"),
        *("/wan27/media/notes.txt", f"/wan27/media/../{NAME}", f"/wan27/media/%2e%2e/{NAME}"),
        *(f"/wan27/media/..%2f{NAME}", f"/wan27/media/..\\{NAME}", f"/wan27/media//{NAME}"),
        *("/wan27/media//etc/passwd", "/wan27/media/%2fetc%2fpasswd", "/etc/passwd"),
        *(f"http://127.0.0.1/wan27/media/{NAME}", f"/api/wan27/media/{NAME}", NAME),
        *(f"/wan27/media/{NAME}/", f"/wan27/media/{NAME}%00", f"/wan27/media/{NAME.upper()}"),
        *(f"/wan27/media/{'0' * 32}.png", f"/WAN27/media/{NAME}", f"/wan27/media/{NAME}\0"),
    ],
)
def test_everything_else_is_not_found(port, target):
    """Without a listing, and without a word on why."""
    status, headers, body = get(port, target)
    assert (404, b"") == (status, body)
    assert {"Content-Length", "Cache-Control", "X-Content-Type-Options", "Connection"} == {*headers}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "TRACE"])
def test_nothing_can_be_written_or_asked_in_another_way(port, method):
    """OPTIONS too: no page of another site may read."""
    assert 404 == get(port, method=method, Origin="https://evil.example")[0]


def test_a_deleted_file_is_not_found(port, folder):
    """At once."""
    (folder / NAME).unlink()
    assert 404 == get(port)[0]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_other_bytes_read_a_file(port, request_bytes):
    """And none stop the port."""
    answer = ask(port, request_bytes + b"\r\n\r\n")
    assert (404, b"") == (answer[0], answer[2])
    assert 200 == get(port, method="HEAD")[0]


def test_what_comes_behind_a_request_is_ignored(port):
    """A connection carries one request, so no proxy can be made to disagree about where it ends."""
    first = f"GET /wan27/media/{NAME} HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
    assert CONTENT == ask(port, f"{first}{first}".encode())[2]


def test_a_request_without_an_end_is_cut_off(port, monkeypatch):
    """By its size, and by time."""
    with connect(port) as connection, pytest.raises(ConnectionError):
        connection.sendall(b"x" * 100_000_000)
    monkeypatch.setattr(media_port, "_HEADER_SECONDS", 0.05)
    assert None is ask(port, b"GET / HTTP/1.1\r\n")


def test_a_client_that_does_not_read_is_cut_off(port, folder, monkeypatch):
    """It would hold the file and a connection for ever."""
    monkeypatch.setattr(media_port, "_CHUNK_SECONDS", 0.05)
    (folder / NAME).write_bytes(bytes(30_000_000))
    with connect(port) as connection:
        connection.sendall(f"GET /wan27/media/{NAME} HTTP/1.1\r\n\r\n".encode())
        until(lambda: port.was_read(NAME) and not port._connections)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert len(received) < 30_000_000


def test_connections_have_a_limit(port, monkeypatch):
    """One more is closed; once another ended it is served."""
    monkeypatch.setattr(media_port, "_CONNECTIONS", 1)
    with connect(port) as idle:
        with connect(port) as refused:
            assert b"" == refused.recv(1)
        idle.sendall(b"\r\n\r\n")
        assert b"HTTP/1.1 404" == idle.recv(12)
    until(lambda: not port._connections)
    assert 200 == get(port)[0]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("8189", (LOOPBACK, 8189)),
        (" 8189 ", (LOOPBACK, 8189)),
        (":8189", (LOOPBACK, 8189)),
        ("localhost:80", (LOOPBACK, 80)),
        ("0.0.0.0:8189", ("0.0.0.0", 8189)),  # noqa: S104 - what a user may choose
        ("[::]:65535", ("::", 65535)),
        ("[::1]:1", ("::1", 1)),
    ],
)
def test_a_number_alone_is_a_port_of_this_machine_only(value, address):
    """A tunnel or proxy on this machine reaches it, and nobody else does."""
    assert address == parse_serve_port(value)


@pytest.mark.parametrize(
    "value",
    [
        *("0", "65536", "-1", "port", "", "8189.5", "²", "http://127.0.0.1:8189", "9" * 5000),
        *("pod.example:8189", "127.0.0.1", "127.0.0.1:", "[::1", "8189/tcp", "8188:8189"),
    ],
)
def test_a_value_that_is_no_port_is_refused(value):
    """One sentence shows both forms."""
    with pytest.raises(InvalidSetting, match="only. is .* Set a port such as 8189, or"):
        parse_serve_port(value)


@pytest.mark.parametrize(("host", "client"), [("::1", "::1"), ("::", "127.0.0.1")])
def test_ipv6_is_served_too(folder, unused_tcp_port, host, client):
    """Every address of this machine means IPv4 as well."""
    try:
        port = MediaPort(Address(host, unused_tcp_port), folder)
    except OSError as error:
        pytest.skip(f"NO IPV6 on this machine, so it was not tested: {error}")
    with socket.create_connection((client, unused_tcp_port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"HTTP/1.1 404" == connection.recv(12)
    port.close()


def test_a_port_is_opened_once(folder, unused_tcp_port):
    """Every Run asks for it; one that ended is opened again."""
    first = open_media_port(str(unused_tcp_port), folder, 8188)
    assert first is open_media_port(f"127.0.0.1:{unused_tcp_port}", folder, 8188)
    first.close()
    again = open_media_port(str(unused_tcp_port), folder, 8188)
    assert (200, False) == (get(again)[0], again is first)
    again.close()


def test_comfyuis_own_port_is_refused(folder):
    """Opened first, it would keep ComfyUI from starting."""
    with pytest.raises(InvalidSetting, match="is 8188, which is ComfyUI's own port"):
        open_media_port("8188", folder, 8188)


def test_a_port_that_is_in_use_is_named(folder, unused_tcp_port):
    """Two ComfyUIs with one environment have the same."""
    says = "another program, perhaps another ComfyUI, already uses that port"
    with socket.create_server((LOOPBACK, unused_tcp_port)), pytest.raises(InvalidSetting) as caught:
        open_media_port(str(unused_tcp_port), folder, 8188)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errno.EACCES, "the system does not allow ComfyUI to open that port"),
        (errno.EADDRNOTAVAIL, "this machine does not have that address"),
        (errno.ENOBUFS, "that port cannot be opened"),
    ],
)
def test_a_port_that_cannot_be_opened_is_named(folder, monkeypatch, error, says):
    """With the setting and its value."""

    def create_server(*_, **__):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(socket, "create_server", create_server)
    with pytest.raises(InvalidSetting, match=f"only. is 80, and {says}"):
        open_media_port("80", folder, 8188)


async def test_an_address_that_leads_past_the_port_is_refused(
    port, folder, unused_tcp_port_factory
):
    """It leads to ComfyUI itself, which has the same file and much else."""
    other = MediaPort(Address(LOOPBACK, unused_tcp_port_factory()), folder)
    done = await upload_image(Serve(f"http://{port.address}", folder, port=port))
    assert port.was_read(done.name)
    with pytest.raises(UploadFailed) as caught:
        await upload_image(Serve(f"http://{other.address}", folder, port=port))
    assert f'proxy lead to {port.address} ("Port for media only")' in str(caught.value)
    other.close()


async def test_where_the_address_should_lead_is_named(port, folder):
    """The port, not ComfyUI."""
    with pytest.raises(UploadFailed) as caught:
        await upload_image(Serve(f"http://{port.address}/pod", folder, port=port))
    expected = f'path lead to {port.address} ("Port for media only"). Nothing was sent.'
    assert expected in str(caught.value)
