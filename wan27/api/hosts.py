"""The hosts that speak this protocol, and which of them, with which key, a Run uses.

Addresses and key variables: the hosts' own pages (https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v,
https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v, https://ppio.com/docs/models/reference-wan2.7-i2v).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..errors import InvalidSetting, MissingKey
from ..key import Key


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the API. `name` is its word in WAN27_HOST, `title` its name for people, `console` where its account page lives."""

    name: str
    title: str
    base_url: str
    key_variable: str
    console: str

    @property
    def is_local(self) -> bool:
        """Whether the API runs on this machine (a simulator, a test host), which can fetch what no host outside could."""
        return is_loopback(self.base_url)


HOSTS = (
    Host("jiekou", "JieKou", "https://api.jiekou.ai", "JIEKOU_API_KEY", "https://jiekou.ai"),
    Host("novita", "Novita", "https://api.novita.ai", "NOVITA_API_KEY", "https://novita.ai/settings/key-management"),
    Host("ppio", "PPIO", "https://api.ppio.com", "PPIO_API_KEY", "https://ppio.com/settings/key"),
)
SIMULATOR = Host("simulator", "the simulator", "", "", "")

Setting = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Account:
    """A host and the key that is used there. `identity` names the host in fingerprints: its name, or the address that overrides it."""

    host: Host
    key: Key
    identity: str


def choose_account(setting: Setting) -> Account:
    """Return the account that the user's settings name. `setting` returns the value of a variable, or None.

    Raises `MissingKey` where no key is set, `InvalidSetting` where a value cannot be used.
    """
    host, key = _choose_host(setting)
    base_url = setting("WAN27_BASE_URL")
    if not base_url:
        return Account(host, key, host.name)
    address = _base_url(base_url)
    return Account(replace(host, base_url=address), key, address)


def _choose_host(setting: Setting) -> tuple[Host, Key]:
    name = setting("WAN27_HOST")
    if name is not None and name.strip().lower() == SIMULATOR.name:
        return SIMULATOR, Key("simulator", "the simulator")
    candidates = HOSTS if name is None else _named(name)
    for host in candidates:
        raw = setting(host.key_variable)
        if raw:
            return host, Key(raw, host.key_variable)
    raise MissingKey(_no_key(candidates))


def _named(name: str) -> tuple[Host, ...]:
    found = tuple(host for host in HOSTS if host.name == name.strip().lower())
    if not found:
        known = ", ".join(host.name for host in (*HOSTS, SIMULATOR))
        raise InvalidSetting(f"WAN27_HOST is {name!r}; choose one of {known}.")
    return found


def _no_key(candidates: tuple[Host, ...]) -> str:
    variables = " or ".join(host.key_variable for host in candidates)
    pages = ", ".join(f"{host.title}: {host.console}" for host in candidates)
    example = candidates[0].key_variable
    return (
        f"No API key was found, so nothing was sent. Give one in ComfyUI under Settings → Wan 2.7, or in one of three ways: (1) set {variables} in the environment of ComfyUI; "
        f"(2) put it in front of the start command, as in {example}=… python main.py; "
        f'(3) write {{"{example}": "…"}} into user/__wan27/credentials.json of your ComfyUI. Keys are made here: {pages}. '
        "To try everything without a key and without cost, set WAN27_HOST=simulator."
    )


def _base_url(value: str) -> str:
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:  # brackets or a port that cannot be read
        usable = False
    if not usable or "@" in address:
        shown = value.rpartition("@")[2]  # what stands before it is a password
        raise InvalidSetting(f"WAN27_BASE_URL is {shown!r}; give an address such as https://api.example.com, without a name or password.")
    return address


def is_loopback(url: str) -> bool:
    """Whether `url` points at this very machine by its name or number (nothing is looked up)."""
    if not url.startswith("http"):
        return False  # megabytes of `data:`, which urlsplit would keep in its cache
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
