"""The API key, and the account (a host and its key) that a Run uses.

`Key` cannot be printed by accident: only `authorization` unwraps it, for the API alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..errors import InvalidSetting, MissingKey
from .addresses import is_loopback, is_private_name
from .hosts import HOST_NAMES, HOSTS, SIMULATOR, Host

_SHORTEST = 8  # a shorter key could be part of any word


class Key:
    """An API key, shown as `***`."""

    __slots__ = ("_value",)

    def __init__(self, raw: str, source: str) -> None:
        """`raw` may have spaces, quotes or "Bearer " around the key, as it was pasted.

        Raises `InvalidSetting`, naming its `source`.
        """
        value = raw.strip().strip("'\"").strip()
        value = re.sub(r"(?i)^bearer(\s+|$)", "", value)
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise InvalidSetting(
                f"The value of {source} contains invalid characters. Copy it again from the host's"
                " page, as one line."
            )
        self._value = value

    def __repr__(self) -> str:
        """Return `***`."""
        return "***"

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse copies and pickles, which would contain the plain key."""
        raise TypeError("a key cannot be copied or pickled")

    @property
    def authorization(self) -> str:
        """The Authorization header, for requests to the API's own origin only."""
        return f"Bearer {self._value}"

    @property
    def digest(self) -> str:
        """Which key this is; it is never stored, shown or sent."""
        return hashlib.sha256(self._value.encode()).hexdigest()

    def scrub(self, text: str) -> str:
        """Return `text` with `***` for the key, in case a host or a library quoted it.

        The key is found in upper and lower case, with any of its letters escaped as in a URL, in
        JSON or in HTML, and as base64.
        """
        if len(self._value) < _SHORTEST:
            return text
        forms = ["".join(map(_spellings, self._value)), *map(re.escape, self._base64())]
        return re.sub("|".join(forms), "***", text, flags=re.IGNORECASE)

    def _base64(self) -> list[str]:
        return [
            base64.b64encode(text.encode()).decode().rstrip("=")
            for text in (self.authorization, self._value)
        ]


def _spellings(letter: str) -> str:
    """Return a pattern for one letter of a key: itself, or escaped in one of the usual ways."""
    plain, number = re.escape(letter), ord(letter)
    url = f"%{number:02x}"
    json = rf"\\u00{number:02x}|\\x{number:02x}|\\{plain}"
    html = f"&#0*{number};|&#x0*{number:x};"
    return f"(?:{plain}|{url}|{json}|{html})"


GetSetting = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Account:
    """A host and its key.

    `host_id` is the host in fingerprints and the journal: its name, or WAN27_BASE_URL. `others` are
    the hosts that may have a request too, where the user names none.
    """

    host: Host
    key: Key
    host_id: str
    others: tuple[Host, ...] = ()


def choose_account(setting: GetSetting) -> Account:
    """Return the account that the user's settings choose.

    `setting` returns the value of a variable, or None. Raises `MissingKey` or `InvalidSetting`.
    """
    base_url = setting("WAN27_BASE_URL")
    host, key = _choose_host(setting, base_url or "")
    if not base_url:
        others = () if setting("WAN27_HOST") else tuple(each for each in HOSTS if each != host)
        return Account(host, key, host.name, others)
    address = _base_url(base_url).removesuffix(host.protocol.prefix)
    if host == SIMULATOR and not is_loopback(address):
        raise InvalidSetting(
            "The host is the simulator, which runs on this machine and is free, but the setting"
            f" WAN27_BASE_URL is {address}. Unset one of the two. Nothing was sent."
        )
    return Account(replace(host, base_url=address), key, address)


def host_of(host_id: str, setting: GetSetting) -> Host | None:
    """Return the host of a `host_id`: its row, or whose API the user calls at that address.

    None for an address that the settings do not choose now.
    """
    row = next((host for host in (*HOSTS, SIMULATOR) if host.name == host_id), None)
    if row is not None:
        return row
    try:
        account = choose_account(setting)
    except (MissingKey, InvalidSetting):
        return None
    return account.host if account.host_id == host_id else None


def _choose_host(setting: GetSetting, address: str) -> tuple[Host, Key]:
    """Return the host and its key; `address` is WAN27_BASE_URL, "" for none.

    An address that is known to be a host's own is that host, so that no other's key goes there.
    """
    name = setting("WAN27_HOST")
    if name is not None and name.strip().lower() == SIMULATOR.name:
        return SIMULATOR, Key("simulator", "the simulator")
    candidates = HOSTS if name is None else _named(name)
    owners = tuple(host for host in HOSTS if address and host.owns(address))
    keys = {host.key_variable for host in candidates}
    candidates = tuple(host for host in owners if host.key_variable in keys) or candidates
    for host in candidates:
        raw = setting(host.key_variable)
        if raw:
            return host, Key(raw, host.key_variable)
    raise _no_key(candidates)


def _named(name: str) -> tuple[Host, ...]:
    found = tuple(host for host in HOSTS if host.name == name.strip().lower())
    if not found:
        raise InvalidSetting(
            f"The setting WAN27_HOST is {name!r}; choose one of {', '.join(HOST_NAMES)}."
        )
    return found


def _no_key(candidates: tuple[Host, ...]) -> MissingKey:
    whose = f" for {candidates[0].title}" if len(candidates) == 1 else ""
    variables = " or ".join(dict.fromkeys(host.key_variable for host in candidates))
    pages = ", ".join(f"{host.title}: {host.console}" for host in candidates)
    example = candidates[0].key_variable
    return MissingKey(
        f"No API key is set{whose}, so nothing was sent: add one in the settings, or choose the"
        " simulator there, which is free.",
        f"Without a page, (1) set {variables} in ComfyUI's environment; or (2) put it before the"
        f' start command: {example}=… python main.py; or (3) write {{"{example}": "…"}} into'
        f" user/__wan27/credentials.json. Create a key at {pages}. To try everything without a key,"
        " free of charge, set WAN27_HOST=simulator.",
    )


def _base_url(value: str) -> str:
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        is_usable = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not parts.query
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:  # brackets or a port that cannot be read
        is_usable = False
    if not is_usable or "@" in address:
        shown = value.rpartition("@")[2]  # a password comes before it
        raise InvalidSetting(
            f"The setting WAN27_BASE_URL is {shown!r}; set it to a URL such as"
            " https://api.example.com, without a user name or password."
        )
    if parts.scheme == "http" and not is_private_name(str(parts.hostname)):
        raise InvalidSetting(
            f"The setting WAN27_BASE_URL is {address}, where anyone on the way could read your key."
            " Use https://; http:// is for this machine and private networks. Nothing was sent."
        )
    return address
