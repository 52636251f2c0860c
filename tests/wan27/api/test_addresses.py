"""Internal addresses are recognized in every spelling, and public ones pass."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.addresses import is_closed_to_names, is_internal, is_internal_name, parse_ip


@pytest.mark.parametrize(
    "name",
    [
        *(
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "0.0.0",
            "127.255.255.254",
            "::1",
            "[::1]",
            "::",
            "[::]",
        ),
        *("localhost", "LOCALHOST", "localhost.", "pc.localhost", "pc.localhost."),
        *(
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "255.255.255.255",
            "224.0.0.1",
        ),
        *(
            "fe80::1",
            "fe80::1%eth0",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "2002:7f00:1::",
        ),
        *("64:ff9b::169.254.169.254", "127.0.0.1."),
        *(
            "64:ff9b:1::10.0.0.1",
            "::ffff:0:127.0.0.1",
            "[fdfe:dcba:9876::5]",
            "198.18.0.7",
            "2001:2::1",
        ),
    ],
)
def test_this_machine_and_its_network_are_internal(name):
    """By number, by any other spelling that systems read, and by name."""
    assert is_internal_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "8.8.8.8",
            "172.32.0.1",
            "172.15.0.1",
            "100.128.0.1",
            "192.169.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ),
        *(
            "bucket.s3.amazonaws.com",
            "localhost.example",
            "notlocalhost",
            "",
            "127.0.0.1.example",
            "beef",
            "a b",
        ),
    ],
)
def test_public_addresses_and_real_names_are_not(name):
    """Names are checked by the address they get."""
    assert not is_internal_name(name)


@pytest.mark.parametrize(
    "address",
    [
        "198.18.0.5",
        "198.19.255.254",
        "::ffff:198.18.0.5",
        "fc00::5",
        "fc00:3fff:ffff::1",
        "fdfe:dcba:9876::5",
        "fdfe:dcba:9876:ffff::1",
        "fd00:6152::2:1",
        "2001:2::1",
    ],
)
def test_a_name_may_lead_to_the_range_of_a_local_proxy(address):
    """In fake-IP mode each name of the internet does; as a number, nothing public is there."""
    assert not is_closed_to_names(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "::1", "fe80::1", "169.254.169.254", "240.0.0.1"),
        *("fc00:4000::1", "fd00::1", "fdfe:dcba:9877::1", "fd00:6153::1", "fd00:ec2::254"),
        *("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::192.168.0.1"),
    ],
)
def test_a_name_never_leads_to_any_other_internal_address(address):
    """The rest of the private ranges, the metadata of clouds in IPv6 among them."""
    assert is_closed_to_names(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_address_is_the_same_address(address):
    """The result is the same however an IPv4 address is spelled or wrapped."""
    wrapped = (f"::ffff:{address}", f"64:ff9b::{address}")
    spelled = (str(address), str(int(address)), hex(int(address)), *wrapped)
    assert {is_internal(address)} == {is_internal_name(name) for name in spelled}


@given(st.ip_addresses())
def test_what_no_public_server_can_have_is_internal(address):
    """Loopback, link-local, multicast and unspecified addresses of the standard library."""
    never = (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    )
    assert is_internal(address) or not never


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9a-fx.:%\[\]]{0,40}", fullmatch=True)))
def test_any_name_is_an_address_or_none(name):
    """No name raises an error."""
    assert isinstance(parse_ip(name), ipaddress.IPv4Address | ipaddress.IPv6Address | None)
