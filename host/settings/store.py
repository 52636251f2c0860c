"""What the user set: the environment first, then `settings.json` and `credentials.json` in the state folder, under the same names.

Never a ComfyUI setting and never a widget: both are served to the browser, and widgets are saved
into every shared workflow.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ...wan27.errors import InvalidSetting
from ...wan27.files import atomic_write
from ...wan27.limits import RESOLUTIONS
from ...wan27.money import Price, parse_price

DEFAULT_TIMEOUT_SECONDS = 3600.0

_SWITCH = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class Settings:
    """The settings as they stand now.

    Raises `InvalidSetting` where a file or a value cannot be used.
    """

    def __init__(self, folder: Path | None, environment: Mapping[str, str] = os.environ) -> None:
        """`folder` None reads no file: what holds where they cannot be used."""
        self._environment = environment
        self._files = (
            {} if folder is None else {**_read(folder / SETTINGS), **_read(folder / CREDENTIALS)}
        )

    def get(self, name: str) -> str | None:
        """The value of a variable, None where it is unset or empty."""
        return self._environment.get(name) or self._files.get(name) or None

    def is_locked(self, name: str) -> bool:
        """Whether the environment says it, so that no file can say otherwise."""
        return bool(self._environment.get(name))

    def changed(self, values: Mapping[str, str | None]) -> Settings:
        """The settings as they would stand with these values in the files; None and "" unset one."""
        settings = Settings(None, self._environment)
        settings._files = {**self._files, **{name: value or "" for name, value in values.items()}}
        return settings

    @property
    def timeout_seconds(self) -> float:
        """How long a node waits for its task (WAN27_TIMEOUT)."""
        value = self._number("WAN27_TIMEOUT")
        return DEFAULT_TIMEOUT_SECONDS if value is None else float(value)

    @property
    def max_cost(self) -> Decimal | None:
        """What one video may cost at most (WAN27_MAX_COST), in the host's currency; None where there is no limit."""
        return self._number("WAN27_MAX_COST")

    @property
    def keep_days(self) -> float | None:
        """How long the journal remembers tasks that have ended (WAN27_KEEP_DAYS); None is for ever."""
        value = self._number("WAN27_KEEP_DAYS")
        return None if value is None else float(value)

    @property
    def prices(self) -> dict[str, Price]:
        """What the user says a second costs, by tier (WAN27_PRICE_720P and WAN27_PRICE_1080P, "0.10 USD")."""
        stated = {tier: self.price(tier) for tier in RESOLUTIONS}
        return {tier: price for tier, price in stated.items() if price is not None}

    def price(self, tier: str) -> Price | None:
        """What the user says a second of that tier costs, None where they say nothing."""
        value = self.get(f"WAN27_PRICE_{tier}")
        if value is None:
            return None
        price = parse_price(value)
        if price is None:
            raise InvalidSetting(
                f"WAN27_PRICE_{tier} is {value!r}; give the price of a second and its currency,"
                ' such as "0.10 USD".'
            )
        return price

    @property
    def allow_jpeg(self) -> bool:
        """Whether a picture that is too large as PNG may be sent as JPEG (WAN27_JPEG)."""
        value = self.get("WAN27_JPEG")
        allowed = False if value is None else _SWITCH.get(value.strip().lower())
        if allowed is None:
            raise InvalidSetting(
                f"WAN27_JPEG is {value!r}; give 1 to allow JPEG or 0 to refuse it."
            )
        return allowed

    def _number(self, name: str) -> Decimal | None:
        value = self.get(name)
        if value is None:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or number < 0:
            raise InvalidSetting(f"{name} is {value!r}; give a number, such as 3.5.")
        return number


def _read(path: Path) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in read_object(path).items()
        if isinstance(value, str | int | float)
    }


SETTINGS, CREDENTIALS = "settings.json", "credentials.json"

_writing = threading.Lock()  # two changes at once: each reads what the other has written


def store(folder: Path, file: str, values: Mapping[str, str | None]) -> None:
    """Write `values` into that file of `folder`; None and "" remove.

    The other file no longer speaks of them. Blocking.

    Raises `InvalidSetting` where a file cannot be read or written; no value is quoted.
    """
    other = SETTINGS if file == CREDENTIALS else CREDENTIALS
    with _writing:
        contents = {name: read_object(folder / name) for name in (file, other)}
        for name, content in contents.items():
            kept = {key: value for key, value in content.items() if key not in values}
            new = (
                {**kept, **{key: value for key, value in values.items() if value}}
                if name == file
                else kept
            )
            if new != content:
                _write(folder / name, new)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, {} where there is none. Raises `InvalidSetting`."""
    try:
        content = json.loads(
            path.read_text("utf-8-sig")
        )  # Windows editors like to begin a file with a mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f'{path} cannot be read ({type(error).__name__}). It must look like {{"NAME":'
            ' "value"}.'
        ) from error
    if not isinstance(content, dict):
        raise InvalidSetting(f'{path} holds no object. It must look like {{"NAME": "value"}}.')
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path = path.resolve()  # a link stays one
    try:
        with atomic_write(path) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=2).encode())
    except OSError as error:
        raise InvalidSetting(
            f"{path} cannot be written ({error.strerror}). Make its folder writable and free some"
            " disk space."
        ) from error
