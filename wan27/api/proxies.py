"""The proxies of the environment: which one a URL goes through, and what is wrong with a setting.

As in httpx and curl: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (also in lower case, which wins), else
those of the system (Windows, macOS); NO_PROXY names what is reached without. httpx reads them all
at once and fails on each entry that it does not know, needed or not, so this reads them instead.
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import os
import re
import sys
import urllib.request
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from ..errors import InvalidSetting

# `socks` is what desktops write; every SOCKS proxy of today speaks version 5. The h means that the
# proxy looks up the names, as it always does here.
_SOCKS = frozenset({"socks", "socks5", "socks5h"})
_PORTS = {"http": 80, "https": 443}
# A password may contain what must be escaped elsewhere in a URL, @ and / too.
_PROXY = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?:(?P<login>.*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s@:/?#\[\]]+)(?::(?P<port>\d{1,5}))?/?"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The settings of one moment. `servers`: by the scheme of a URL, or "all"."""

    servers: dict[str, str]
    exceptions: str

    @classmethod
    def of_environment(cls) -> Proxies:
        """Read the environment and, without one there, the system's settings."""
        found = urllib.request.getproxies()
        servers = {name: found[name].strip() for name in ("http", "https", "all") if name in found}
        return cls({name: value for name, value in servers.items() if value}, found.get("no", ""))

    def choose(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy that a URL goes through, None for none.

        Raises `InvalidSetting` for one that cannot be used: only where it is needed.
        """
        scheme = url.scheme if url.scheme in self.servers else "all"
        value = self.servers.get(scheme)
        if value is None or self._is_exception(url):
            return None
        return _parse(value, _variable(scheme), url.host)

    def _is_exception(self, url: httpx.URL) -> bool:
        if self.exceptions:
            port = url.port or _PORTS.get(url.scheme, 0)
            return is_exception(self.exceptions, url.scheme, url.host, port)
        # The system's own list, which no variable has.
        return not urllib.request.getproxies_environment() and _system_exception(url.host)


@functools.lru_cache(maxsize=64)
def _system_exception(host: str) -> bool:
    """Ask the system, once for each host: Windows looks up names for it."""
    return bool(urllib.request.proxy_bypass(host))


def is_exception(entries: str, scheme: str, host: str, port: int) -> bool:
    """Return whether a value of NO_PROXY names a host: a name, address, network or pattern.

    What cannot be read is logged once, and names nothing.
    """
    host = host.strip("[]").rstrip(".").lower()
    return any(_matches(entry, scheme, host, port) for entry in re.split(r"[,;\s]+", entries))


def _matches(entry: str, scheme: str, host: str, port: int) -> bool:
    wanted, separator, rest = entry.strip("'\"").lower().rpartition("://")
    name, wanted_port = _split_port(rest.rstrip("/."))
    if (separator and wanted not in {scheme, "all"}) or wanted_port not in {None, port}:
        return False
    network = _network(name)
    if network is not None:
        address = _address(host)
        return address is not None and address.version == network.version and address in network
    return _matches_name(name, host)


def _matches_name(name: str, host: str) -> bool:
    if name in {"*", "<local>"}:
        return name == "*" or "." not in host
    if not re.fullmatch(r"[^\s/:\[\]@]*", name):
        _report(name)
        return False
    domain = name.removeprefix("*").removeprefix(".")
    if "*" in domain or "?" in domain:
        return fnmatchcase(host, name)
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    """Return an entry without its port, and the port; the colons may be those of IPv6."""
    name, _, port = entry.rpartition(":")
    is_port = name and port.isascii() and port.isdigit() and (":" not in name or name[-1] == "]")
    return (name, int(port)) if is_port else (entry, None)


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    address, slash, bits = entry.partition("/")
    try:
        return ipaddress.ip_network(address.strip("[]") + slash + bits, strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _report(entry: str) -> None:
    """Log an entry that cannot be read, once."""
    logger.warning(
        "Wan 2.7: NO_PROXY has the entry %r, which is no name, address or network, so it is"
        " ignored. Write it as example.com, 10.0.0.0/8 or fd00::/8.",
        entry[:80],
    )


def _parse(value: str, variable: str, needed_for: str) -> httpx.Proxy:
    found = _PROXY.fullmatch(value.strip().strip("'\"").strip())
    scheme = (found["scheme"] or "http").lower() if found else ""
    port = int(found["port"]) if found and found["port"] else None
    shown = f"{variable} is {_without_login(value)!r}"
    way_out = f", or add {needed_for} to NO_PROXY to reach it without a proxy. Nothing was sent."
    if found is None or (port is not None and not 0 < port < 65536):
        raise InvalidSetting(
            f"{shown}, which cannot be read as a proxy. Set it to http://host:port{way_out}"
        )
    if scheme not in {"http", "https"} | _SOCKS:
        raise InvalidSetting(
            f"{shown}, and {scheme}:// proxies are not supported. Set {_better(variable)} to"
            f" http://host:port or socks5://host:port{way_out}"
        )
    if scheme in _SOCKS and not any(Path(folder, "socksio").is_dir() for folder in sys.path):
        raise InvalidSetting(
            f"{shown}, which needs the package socksio in ComfyUI's Python: python -m pip install"
            f" socksio. Or set {_better(variable)} to http://host:port, which most such proxies"
            f" offer too{way_out}"
        )
    user, colon, password = (found["login"] or "").partition(":")
    login = (unquote(user), unquote(password)) if user or colon else None
    address = f"{'socks5' if scheme in _SOCKS else scheme}://{found['host']}"
    try:
        return httpx.Proxy(f"{address}:{port}" if port else address, auth=login)
    except (ValueError, httpx.InvalidURL):
        pass  # the library's own message would show the password
    raise InvalidSetting(
        f"{shown}, which cannot be read as a proxy. Set it to http://host:port{way_out}"
    )


def _variable(scheme: str) -> str:
    """Return the name under which the user set a proxy."""
    name = f"{scheme}_proxy"
    names = (each for each in (name, name.upper(), *os.environ) if each in os.environ)
    return next((each for each in names if each.lower() == name), "The proxy of the system")


def _better(variable: str) -> str:
    return variable if variable.upper() in {"HTTPS_PROXY", "HTTP_PROXY"} else "HTTPS_PROXY"


def _without_login(value: str) -> str:
    """Return a proxy as it may be shown; what stands in the place of a port may be a password."""
    scheme, separator, rest = value.rpartition("://") if "://" in value else ("", "", value)
    login, at, server = rest.rpartition("@")
    server = server if at else re.sub(r"^([^:\[\]]+):(?!\d{1,8}/?$).+", r"\1:***", server)
    return f"{scheme}{separator}{login and '***'}{at}{server}"[:120]


class Transport(httpx.AsyncBaseTransport):
    """Sends each request directly or through its proxy; each way has connections of its own."""

    def __init__(self, proxies: Proxies, **options: Any) -> None:
        """`options` are those of `httpx.AsyncHTTPTransport`."""
        self._proxies, self._options = proxies, options
        self._ways: dict[object, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises `InvalidSetting` where its proxy cannot be used."""
        return await self._way(self._proxies.choose(request.url)).handle_async_request(request)

    def _way(self, proxy: httpx.Proxy | None) -> httpx.AsyncHTTPTransport:
        name = proxy and (proxy.url, proxy.raw_auth)
        if name not in self._ways:
            self._ways[name] = httpx.AsyncHTTPTransport(proxy=proxy, **self._options)
        return self._ways[name]

    async def aclose(self) -> None:
        """Close the connections of every way."""
        for way in self._ways.values():
            await way.aclose()
