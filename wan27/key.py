"""The API key, wrapped so that it cannot be printed by accident: only `authorization` ever unwraps it, for the API alone."""

from __future__ import annotations

import base64
import hashlib
import re

from .errors import InvalidSetting

_SHORTEST = 8


class Key:
    """An API key. `repr` and `str` show `***`."""

    __slots__ = ("_value",)

    def __init__(self, raw: str, source: str) -> None:
        """Take a key as people paste it: with spaces, quotes or "Bearer " around. Raises `InvalidSetting` naming its `source`."""
        value = raw.strip().strip("'\"").strip()
        value = re.sub(r"(?i)^bearer(\s+|$)", "", value)
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise InvalidSetting(f"The key in {source} holds characters that no key has. Copy it again from the host's page, in one line.")
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
        """`text` without the key, should a host or a library have quoted it. A few letters are no key and could be any word's.

        Found in any case, with any of its letters escaped as in an address, in JSON or in HTML, and as base64.
        """
        if len(self._value) < _SHORTEST:
            return text
        forms = ["".join(map(_spellings, self._value)), *map(re.escape, self._packed())]
        return re.sub("|".join(forms), "***", text, flags=re.IGNORECASE)

    def _packed(self) -> list[str]:
        return [base64.b64encode(text.encode()).decode().rstrip("=") for text in (self.authorization, self._value)]


def _spellings(letter: str) -> str:
    """A pattern for one letter of a key: itself, or escaped as in an address (%2D), in JSON (a backslash and u002d, or before it), in HTML."""
    number = ord(letter)
    return rf"(?:{re.escape(letter)}|%{number:02x}|\\u00{number:02x}|\\x{number:02x}|\\{re.escape(letter)}|&#0*{number};|&#x0*{number:x};)"
