"""What a way to make media reachable must be able to do, and which one the user's settings ask for."""

from __future__ import annotations

from typing import Protocol

from ..errors import InvalidSetting
from ..medium import Picture
from .inline import Inline


class Uploader(Protocol):
    """One way to make local media reachable. It never sees the key, and nothing it raises may come after money has moved."""

    async def upload(self, role: str, picture: Picture) -> str:
        """Return an address that the host can read for as long as the task lives. Raises an error of `errors.py` in one sentence."""
        ...


def choose_uploader(value: str | None) -> Uploader:
    """Return the way that WAN27_UPLOAD names; unset means inside the request. Raises `InvalidSetting` for any other."""
    if value is None or not value.strip():
        return Inline()
    raise InvalidSetting(
        f"WAN27_UPLOAD is {value!r}, which this version cannot use yet: it sends pictures inside the request. Unset WAN27_UPLOAD."
    )
