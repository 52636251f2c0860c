"""The API key, and the account (a host and its key) that a Run uses.

The key is wrapped so that it cannot be printed by accident: only `authorization` unwraps it, for
the API alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..errors import InvalidSetting, MissingKey
from .hosts import HOSTS, SIMULATOR, Host

_SHORTEST = 8


class Key:
    """An API key. `repr` and `str` show `***`."""

    __slots__ = ("_value",)

    def __init__(self, raw: str, source: str) -> None:
        """Take a key as people paste it: with spaces, quotes or "Bearer " around.

        Raises `InvalidSetting` naming its `source`.
        """
        value = raw.strip().strip("'\"").strip()
        value = re.sub(r"(?i)^bearer(\s+|$)", "", value)
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise InvalidSetting(
                f"The key in {source} holds characters that no key has. Copy it again from the"
                " host's page, in one line."
            )
        self._value = value

    def __repr__(self) -> str:
        """Never the key."""
        return "***"

    def __reduce__(self) -> str | tuple[object, ...]:
        """A pickle or a copy would be the key in the clear."""
        raise TypeError("a key is neither copied nor stored")

    @property
    def authorization(self) -> str:
        """The value of the Authorization header, for requests to the API's own origin and nothing else."""
        return f"Bearer {self._value}"

    @property
    def account(self) -> str:
        """A name for the account that can be stored: it tells two keys apart and does not give them away."""
        return hashlib.sha256(b"wan27 account\0" + self._value.encode()).hexdigest()[:16]

    def scrub(self, text: str) -> str:
        """`text` without the key, should a host or a library have quoted it.

        A few letters are no key and could be any word's.

        Found in any case, with any of its letters escaped as in an address, in JSON or in HTML, and
        as base64.
        """
        if len(self._value) < _SHORTEST:
            return text
        forms = ["".join(map(_spellings, self._value)), *map(re.escape, self._packed())]
        return re.sub("|".join(forms), "***", text, flags=re.IGNORECASE)

    def _packed(self) -> list[str]:
        return [
            base64.b64encode(text.encode()).decode().rstrip("=")
            for text in (self.authorization, self._value)
        ]


def _spellings(letter: str) -> str:
    """A pattern for one letter of a key: itself, or escaped as in an address (%2D), in JSON (a backslash and u002d, or before it), in HTML."""
    number = ord(letter)
    return rf"(?:{re.escape(letter)}|%{number:02x}|\\u00{number:02x}|\\x{number:02x}|\\{re.escape(letter)}|&#0*{number};|&#x0*{number:x};)"


Setting = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Account:
    """A host and the key that is used there.

    `host_id` names the host in fingerprints: its name, or the address that overrides it.
    """

    host: Host
    key: Key
    host_id: str


def choose_account(setting: Setting) -> Account:
    """Return the account that the user's settings name.

    `setting` returns the value of a variable, or None.

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
        "No API key was found, so nothing was sent. Give one in ComfyUI under Settings → Wan 2.7,"
        f" or in one of three ways: (1) set {variables} in the environment of ComfyUI; "
        f"(2) put it in front of the start command, as in {example}=… python main.py; "
        f'(3) write {{"{example}": "…"}} into user/__wan27/credentials.json of your ComfyUI. Keys'
        f" are made here: {pages}. "
        "To try everything without a key and without cost, set WAN27_HOST=simulator."
    )


def _base_url(value: str) -> str:
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not parts.query
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:  # brackets or a port that cannot be read
        usable = False
    if not usable or "@" in address:
        shown = value.rpartition("@")[2]  # what stands before it is a password
        raise InvalidSetting(
            f"WAN27_BASE_URL is {shown!r}; give an address such as https://api.example.com, without"
            " a name or password."
        )
    return address
