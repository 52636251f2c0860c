"""Which addresses lie inside: this machine, its network, a cloud's own services.

No host outside may send a download there.

A video's address is chosen by others, and a redirect can point anywhere: at the router, at ComfyUI
itself, at a cloud's credentials. Ranges:
https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry. Left
out on purpose is 198.18.0.0/15: local proxies answer every name with an address of that range.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers, VPNs, and the metadata of Alibaba Cloud
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/96",  # unspecified, loopback, and IPv4 in its oldest disguise
        "fc00::/7",
        "fe80::/9",  # link-local, and the site-local of old
        "ff00::/8",
    )
)
# Addresses that carry an IPv4 one in their last bits, which is where they lead: mapped, and
# translated (RFC 6052).
_WRAPPED = (ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("64:ff9b::/96"))
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


def is_inside(address: Address) -> bool:
    """Whether an IP address leads to this machine or its network."""
    real = _unwrapped(address)
    return any(real.version == network.version and real in network for network in _INSIDE)


def is_inside_name(name: str) -> bool:
    """Whether the host of an address says of itself that it is inside: by a number in any spelling, or as localhost.

    Nothing is looked up.
    """
    name = name.rstrip(".").lower()
    number = parse_address(name)
    return (
        is_inside(number)
        if number is not None
        else name == "localhost" or name.endswith(".localhost")
    )


def parse_address(name: str) -> Address | None:
    """Return the IP address that a host's name spells, None where it is a real name.

    Systems also read 2130706433, 0x7f.1 and 127.1 as IPv4 addresses, so they are read here as well.
    """
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError):  # ValueError: letters that no address has
        return None


def _unwrapped(address: Address) -> Address:
    if address.version == 4:
        return address
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(address.packed[2:6])
    return (
        ipaddress.IPv4Address(address.packed[12:])
        if any(address in network for network in _WRAPPED)
        else address
    )


def is_loopback(url: str) -> bool:
    """Whether `url` points at this very machine by its name or number (nothing is looked up)."""
    if not url.startswith("http"):
        return False  # megabytes of `data:`, which urlsplit would keep in its cache
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
