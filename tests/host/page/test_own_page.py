"""Which pages may write, by name, scheme and origin."""

from __future__ import annotations

import pytest

PUBLIC = "http://comfy.example.com:8188"


@pytest.fixture
def problem(pack):
    """The problem of a page at an origin that writes to the server of the same Host."""

    def of(origin, host=None, **settings):
        server = origin.partition("://")[2] if host is None else host
        headers = {"Origin": origin, "Host": server}
        return pack("host.page.own_page").write_problem(headers, settings.get)

    return of


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:8188",
        "http://localhost:8188",
        "http://[::1]:8188",
        "http://192.168.1.20:8188",
        "http://203.0.113.9:8188",
        "http://workstation:8188",
        "http://box.local",
        "http://box.lan:8188",
        "http://nas.home.arpa",
        "http://comfy.internal",
        "https://comfy.example.com",
        "https://comfy.example.com:8443",
    ],
)
def test_a_page_whose_name_cannot_be_faked_may_write(problem, origin):
    """Addresses, names of the local network, and any name over https."""
    assert "" == problem(origin)


@pytest.mark.parametrize(
    "origin", [PUBLIC, "http://evil.example", "http://rebind.local.evil.example"]
)
def test_a_public_name_over_http_may_not_write_and_the_variable_is_named(problem, origin):
    """Its page could be any site whose name leads to this machine."""
    assert "WAN27_PAGE_HOSTS=" in problem(origin)


def test_a_name_that_the_user_trusts_may_write(problem):
    """By WAN27_PAGE_HOSTS, with others beside it, or because media are served under it."""
    assert "" == problem(PUBLIC, WAN27_PAGE_HOSTS="a.example, COMFY.example.com")
    assert "" == problem(PUBLIC, WAN27_UPLOAD="https://comfy.example.com/x")
    assert "" != problem(PUBLIC, WAN27_UPLOAD="s3://comfy.example.com/x")
    media_alone = {"WAN27_UPLOAD": "https://comfy.example.com", "WAN27_SERVE_PORT": "8189"}
    assert "" != problem(PUBLIC, **media_alone)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "127.0.0.1:8188"),
        ("http://127.0.0.1:9000", "127.0.0.1:8188"),
        ("null", "127.0.0.1:8188"),
        ("http://[", "127.0.0.1:8188"),
    ],
)
def test_a_page_of_another_server_may_not_write(problem, origin, host):
    """Whatever its name is."""
    assert "another site" in problem(origin, host)


@pytest.mark.parametrize(
    ("origin", "host", "site"),
    [
        ("https://x1-8188.proxy.runpod.net", "100.65.18.228:60341", "same-origin"),
        ("https://comfy.example.com", "127.0.0.1:8188", "same-origin"),
        ("https://comfy.example.com:8443", "comfy.example.com", "same-origin"),
        ("http://localhost:7777", "localhost", "same-origin"),
        ("http://nas:7777", "nas", "none"),
    ],
)
def test_a_proxy_that_passes_on_another_host_is_no_other_site(pack, origin, host, site):
    """The browser itself says so over https and of this machine; elsewhere the user does.

    On a port of its own the same machine may serve the pages of others.
    """
    of = pack("host.page.own_page").write_problem
    headers = {"Origin": origin, "Host": host, "Sec-Fetch-Site": site}
    trusting = {"WAN27_PAGE_HOSTS": "nas"}.get
    assert "" == of(headers, trusting)
    assert ("WAN27_PAGE_HOSTS" in of(headers, {}.get)) is (site == "none")
    assert "another site" in of(headers | {"Sec-Fetch-Site": "same-site"}, trusting)


def test_a_program_without_a_browser_may_write_and_a_forwarded_host_is_ignored(pack):
    """Without an Origin nothing was sent by a page."""
    of = pack("host.page.own_page").write_problem
    assert "" == of({"Host": "comfy.example.com"}, {}.get)
    forged = {
        "Origin": PUBLIC,
        "Host": "127.0.0.1:8188",
        "X-Forwarded-Host": "comfy.example.com:8188",
    }
    assert "another site" in of(forged, {}.get)
    assert "another site" in of({"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"}, {}.get)
