"""Internal addresses (this machine, its network, a cloud's own services), closed to downloads.

A video's URL is chosen by others, and a redirect can lead anywhere: to the router, to ComfyUI
itself, to a cloud's credentials. Ranges:
https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import DownloadFailed

if TYPE_CHECKING:  # hosts.py is also read where httpx is not installed
    import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_INTERNAL = tuple(
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
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001:2::/48",  # benchmarks
        "::/96",  # unspecified, loopback, and IPv4-compatible (deprecated)
        "fc00::/7",
        "fe80::/9",  # link-local, and site-local (deprecated)
        "ff00::/8",
    )
)
# What local proxies answer for every name of the internet ("fake IP"), by their defaults: the proxy
# sits behind the whole range, so only a *name* may lead there. A range of one's own is not known;
# neither is 240.0.0.0/8 of V2Ray before 4.38, where clouds have networks of their own.
_FAKE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "198.18.0.0/15",  # all of them
        "2001:2::/48",  # its counterpart in IPv6, benchmarks, in guides for mihomo
        "fc00::/18",  # sing-box, V2Ray, Xray and what is made of them
        "fd00:6152::/32",  # Surge
        "fdfe:dcba:9876::/48",  # mihomo (Clash), and the TUN of sing-box
    )
)
# IPv6 addresses that lead to the IPv4 one in their last bits: mapped, and translated (RFC 6052,
# RFC 8215 with its usual prefix, RFC 2765).
_WRAPPED = tuple(
    ipaddress.ip_network(network)
    for network in ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")
)
# Networks that belong to their user: a key may travel there over http.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
LOCAL_SUFFIXES = (".local", ".localhost", ".lan", ".home.arpa", ".internal")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


def is_loopback(url: str) -> bool:
    """Return whether `url` names this machine, by name or any spelling of a number (no lookup)."""
    if not url.startswith("http"):
        return False  # megabytes of `data:`, which urlsplit would keep in its cache
    name = (urlsplit(url).hostname or "").rstrip(".")
    address = parse_ip(name)
    return _is_localhost(name) if address is None else _unwrap(address).is_loopback


def is_private_name(name: str) -> bool:
    """Return whether a host name is of this machine or a private network, by itself (no lookup).

    Private addresses (RFC 1918, ULA, link-local, loopback), single labels, and the names that only
    a local network resolves.
    """
    name = name.rstrip(".").lower()
    address = parse_ip(name)
    if address is None:
        return "." not in name or name.endswith(LOCAL_SUFFIXES)
    return any(address.version == network.version and address in network for network in _PRIVATE)


def is_internal_name(name: str) -> bool:
    """Return whether the host name of a URL is localhost or an internal IP address (no lookup)."""
    name = name.rstrip(".").lower()
    address = parse_ip(name)
    return _is_localhost(name) if address is None else is_internal(address)


def _is_localhost(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")


def is_internal(address: Address) -> bool:
    """Return whether an IP address leads to this machine or its network."""
    target = _unwrap(address)
    return any(target.version == network.version and target in network for network in _INTERNAL)


def is_closed_to_names(address: Address) -> bool:
    """Return whether a name must not lead to an address: an internal one, and no proxy's."""
    target = _unwrap(address)
    is_fake = any(target.version == network.version and target in network for network in _FAKE)
    return is_internal(address) and not is_fake


def parse_ip(name: str) -> Address | None:
    """Return the IP address in a host name, or None for a real name.

    Systems also read 2130706433, 0x7f.1 and 127.1 as IPv4 addresses, so this does too.
    """
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError):  # ValueError: characters that no address has
        return None


def _unwrap(address: Address) -> Address:
    if address.version == 4:
        return address
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(address.packed[2:6])
    if any(address in network for network in _WRAPPED):
        return ipaddress.IPv4Address(address.packed[12:])
    return address


class DownloadGuard:
    """Refuses requests to internal addresses, except to the API's own name, which the user chose.

    The connection itself looks up a name, once, and the guard checks the address it got, so a name
    cannot change in between. A proxy does its own lookups: then only the URL can be checked.
    """

    def __init__(self, trusted_name: str) -> None:
        self._trusted_name = trusted_name

    async def check(self, request: httpx.Request) -> None:
        """Check a request; a client's hook, called for redirects too. Raises `DownloadFailed`."""
        name = request.url.host
        if name == self._trusted_name:
            return
        if is_internal_name(name):
            raise _refusal(name)
        connecting_to = ""

        async def trace(event: str, info: dict[str, Any]) -> None:
            nonlocal connecting_to
            if event == "connection.connect_tcp.started":
                connecting_to = info["host"]
            elif (
                event == "connection.connect_tcp.complete"
                and connecting_to == request.url.raw_host.decode()
            ):
                await _check_peer(info["return_value"])

        request.extensions = {**request.extensions, "trace": trace}


async def _check_peer(stream: Any) -> None:
    """Close a connection to an internal address before a byte is sent.

    `stream` is httpcore's network stream.
    """
    peer = str(stream.get_extra_info("server_addr")[0])
    if is_closed_to_names(ipaddress.ip_address(peer)):
        await stream.aclose()
        raise _refusal(
            peer,
            " If a proxy on this machine resolves names to addresses of its own (fake IP), set its"
            " range to 198.18.0.0/15 and fc00::/18.",
        )


def _refusal(where: str, more: str = "") -> DownloadFailed:
    return DownloadFailed(
        f"The video's URL points to an internal address ({where}), so nothing was downloaded. If"
        " you run the host there yourself, set WAN27_BASE_URL in the settings to its IP"
        f" address.{more}"
    )
