"""Proxies and certificates come from the environment, except for a host on this machine."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from wan27 import errors
from wan27.api.download import Download

from .conftest import KEY
from .raw_host import RESPONSE, RawHost, response

CERTIFICATES = Path(__file__).parent / "certificates"
BODY = {"prompt": "a boat"}
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The environment without proxies and certificates."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.fixture
def secure_host(raw_host):
    """A host behind TLS, with a certificate of a test authority."""
    raw_host.play = behind_tls(RESPONSE)
    return raw_host


def behind_tls(given):
    """Return a play that responds over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")

    def play(peer):
        with context.wrap_socket(peer.connection, server_side=True) as peer.connection:
            peer.read_request()
            peer.send(given)

    return play


@pytest.fixture
def proxy(secure_host):
    """A forward proxy that knows one name, api.invalid, which is the secure host."""

    def play(peer):
        peer.read_request()
        if not peer.request.startswith(b"CONNECT api.invalid:443 "):
            return peer.send(response(KEY.encode(), "407 " + KEY))
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", secure_host.port)) as onward:
            onward.settimeout(10)
            back = threading.Thread(target=pump, args=(onward, peer.connection))
            back.start()
            pump(peer.connection, onward)
            return back.join()

    with RawHost(play) as running:
        yield running


def pump(source, target):
    """Forward bytes until there are no more."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("scheme", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_public_host_is_reached_through_the_proxy_of_the_environment(
    environment, make_client, proxy, secure_host, scheme
):
    """The proxy sees only the host's name: not the key, not the request."""
    environment.setenv(scheme, proxy.base_url)
    environment.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    assert "t1" == make_client("https://api.invalid").submit(BODY)
    assert secure_host.posts == len(proxy.requests) == 1
    assert KEY not in bytes(proxy.requests[0]).decode()


def test_no_proxy_names_hosts_that_are_reached_without_it(environment, make_client, proxy):
    """A name in NO_PROXY is looked up here, where it is unknown, and not by the proxy."""
    environment.setenv("HTTPS_PROXY", proxy.base_url)
    environment.setenv("NO_PROXY", "other.example,.invalid")
    with pytest.raises(errors.HostUnreachable):
        make_client("https://api.invalid").submit(BODY)
    assert [] == proxy.requests


def test_this_machine_is_reached_without_a_proxy(environment, make_client, raw_host, proxy):
    """For a proxy, 127.0.0.1 would be another machine."""
    environment.setenv("ALL_PROXY", proxy.base_url)
    raw_host.play = lambda peer: peer.respond(RESPONSE)
    assert ("t1", []) == (make_client(raw_host.base_url).submit(BODY), proxy.requests)


def test_a_submission_that_a_proxy_refuses_is_not_uncertain(environment, make_client, proxy):
    """Nothing was sent, and the error quotes the proxy without the key."""
    environment.setenv("HTTPS_PROXY", proxy.base_url)
    with pytest.raises(
        errors.HostUnreachable,
        match=r"The proxy \(HTTPS_PROXY, ALL_PROXY\) does not connect to Novita \(407 \*\*\*\)",
    ):
        make_client("https://elsewhere.invalid").submit(BODY)


@pytest.mark.parametrize(
    "value",
    [
        "nonsense://u:hunter2@p:1",
        "http://u:hunter2@[::1",
        "http://u:hunter2@p:port",
        "socks5://u:hunter2@p:1",
    ],
)
def test_an_invalid_proxy_is_named_without_its_password(environment, make_client, value):
    """The error names the variables to check."""
    environment.setenv("HTTPS_PROXY", value)
    try:
        client = make_client("https://api.invalid")
    except errors.InvalidSetting as error:
        assert ("HTTPS_PROXY" in str(error), "hunter2" in str(error)) == (True, False)
    else:  # with the package for SOCKS it works
        assert value.startswith("socks5")
        asyncio.run(client.aclose())


def test_a_certificate_of_an_unknown_authority_is_refused_before_the_key_is_sent(
    environment, make_client, proxy, secure_host
):
    """Nothing was sent, so it may be retried; the error names the variable that helps."""
    environment.setenv("HTTPS_PROXY", proxy.base_url)
    with pytest.raises(errors.HostUnreachable, match="CERTIFICATE_VERIFY_FAILED.*SSL_CERT_FILE"):
        make_client("https://api.invalid").submit(BODY)
    assert 0 == secure_host.posts


def test_a_folder_of_certificates_is_read(environment, make_client, proxy, tmp_path):
    """SSL_CERT_DIR is a folder of certificates under OpenSSL's names."""
    (tmp_path / "d8ddc606.0").write_bytes((CERTIFICATES / "authority.pem").read_bytes())
    environment.setenv("HTTPS_PROXY", proxy.base_url)
    environment.setenv("SSL_CERT_DIR", str(tmp_path))
    assert "t1" == make_client("https://api.invalid").submit(BODY)


def test_a_download_never_goes_from_https_down_to_http(
    environment, make_client, proxy, secure_host, tmp_path
):
    """Anyone on the way could read the signed URL, and change the video."""
    secure_host.play = behind_tls(response(b"", "302 Found", "Location: http://api.invalid/v.mp4"))
    environment.setenv("ALL_PROXY", proxy.base_url)
    environment.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    client = make_client("https://api.invalid")
    download = Download(client.http, "https://api.invalid/v.mp4", None, None, None)
    with pytest.raises(errors.DownloadFailed, match="redirects from https to http"):
        asyncio.run(download.to(tmp_path / "t1.mp4", asyncio.sleep))
    assert 1 == len(proxy.requests)


@pytest.mark.parametrize("value", ["/no/such/file.pem", __file__])
def test_an_unreadable_certificate_is_an_invalid_setting(environment, make_client, value):
    """The library's own error would not name the variable."""
    environment.setenv("SSL_CERT_FILE", value)
    with pytest.raises(errors.InvalidSetting, match="SSL_CERT_FILE or SSL_CERT_DIR cannot be used"):
        make_client("https://api.invalid")
