"""The user's settings: the environment, then `settings.json` and `credentials.json`.

They are neither widgets nor settings of ComfyUI: a workflow would share widgets, and ComfyUI sends
its settings to the browser.
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
from ...wan27.limits import LARGEST_NUMBER, RESOLUTIONS
from ...wan27.money import Price, parse_price

SETTINGS_FILE, CREDENTIALS_FILE = "settings.json", "credentials.json"
DEFAULT_TIMEOUT_SECONDS = 3600.0

_SWITCH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


class Settings:
    """The settings at one moment. Its properties raise `InvalidSetting` for an unusable value."""

    def __init__(self, folder: Path | None, environment: Mapping[str, str] = os.environ) -> None:
        """Read both files of `folder`; None reads no file. Raises `InvalidSetting`."""
        self._environment = environment
        self._files: dict[str, str] = {}
        if folder is not None:
            self._files = {**_values(folder / SETTINGS_FILE), **_values(folder / CREDENTIALS_FILE)}

    def get(self, name: str) -> str | None:
        """Return a value; None if it is unset or empty."""
        return self._environment.get(name) or self._files.get(name) or None

    def is_locked(self, name: str) -> bool:
        """Return True if the environment sets it, which wins over the files."""
        return bool(self._environment.get(name))

    def changed(self, values: Mapping[str, str | None]) -> Settings:
        """Return the settings with these values in the files; None and "" unset one."""
        settings = Settings(None, self._environment)
        settings._files = {**self._files, **{name: value or "" for name, value in values.items()}}
        return settings

    @property
    def timeout_seconds(self) -> float:
        """WAN27_TIMEOUT: the time that a node waits for its task."""
        value = self._number("WAN27_TIMEOUT")
        return DEFAULT_TIMEOUT_SECONDS if value is None else float(value)

    @property
    def max_cost(self) -> Decimal | None:
        """WAN27_MAX_COST: the limit for one video in the currency of its price; None: no limit."""
        return self._number("WAN27_MAX_COST")

    @property
    def max_cost_day(self) -> Decimal | None:
        """WAN27_MAX_COST_DAY: the limit for a local day in the currency of the price, or None."""
        return self._number("WAN27_MAX_COST_DAY")

    @property
    def max_seconds_day(self) -> int | None:
        """WAN27_MAX_SECONDS_DAY: the limit for a local day in seconds of video; None: no limit."""
        value = self._number("WAN27_MAX_SECONDS_DAY")
        return None if value is None else int(value)

    @property
    def keep_days(self) -> float | None:
        """WAN27_KEEP_DAYS: the time that the journal keeps details of ended tasks; None: always."""
        value = self._number("WAN27_KEEP_DAYS")
        if value is not None and value < 1:
            raise InvalidSetting(
                f"The setting WAN27_KEEP_DAYS is {value}. Set 1 or more, or unset it."
            )
        return None if value is None else float(value)

    @property
    def prices(self) -> dict[str, Price]:
        """The user's own prices by resolution; one that is not set is missing."""
        prices = {resolution: self.price(resolution) for resolution in RESOLUTIONS}
        return {resolution: price for resolution, price in prices.items() if price is not None}

    def price(self, resolution: str) -> Price | None:
        """Return WAN27_PRICE_720P or WAN27_PRICE_1080P: the user's own price, None if not set."""
        value = self.get(f"WAN27_PRICE_{resolution}")
        if value is None:
            return None
        price = parse_price(value)
        if price is None:
            raise InvalidSetting(
                f"The setting WAN27_PRICE_{resolution} is {value!r}. Set the price per second and"
                ' its currency, such as "0.10 USD".'
            )
        return price

    @property
    def allow_jpeg(self) -> bool:
        """WAN27_JPEG: True if an image that is too large as PNG may be sent as JPEG."""
        value = self.get("WAN27_JPEG")
        allowed = False if value is None else _SWITCH.get(value.strip().lower())
        if allowed is None:
            raise InvalidSetting(
                f"The setting WAN27_JPEG is {value!r}. Set 1 to allow JPEG or 0 to forbid it."
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
        if not number.is_finite() or not 0 <= number <= LARGEST_NUMBER:
            raise InvalidSetting(
                f"The setting {name} is {value!r}. Set a number of 0 or more, such as 3.5."
            )
        return number


_writing = threading.Lock()  # a change reads what the change before it wrote


def save(folder: Path, file: str, values: Mapping[str, str | None]) -> None:
    """Write `values` into one of the two files and remove them from the other. Blocking.

    None and "" remove a value. Raises `InvalidSetting`, which never quotes a value.
    """
    other = SETTINGS_FILE if file == CREDENTIALS_FILE else CREDENTIALS_FILE
    added = {name: value for name, value in values.items() if value}
    with _writing:
        contents = {name: _read(folder / name) for name in (file, other)}
        for name, content in contents.items():
            kept = {key: value for key, value in content.items() if key not in values}
            changed = {**kept, **added} if name == file else kept
            if changed != content:
                _write(folder / name, changed)


def _values(path: Path) -> dict[str, str]:
    content = _read(path).items()
    return {name: str(value) for name, value in content if isinstance(value, str | int | float)}


def _read(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; {} if there is no file."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))  # editors on Windows add a BOM
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"{path} cannot be read ({type(error).__name__}). It must contain a JSON object such as"
            ' {"NAME": "value"}.'
        ) from error
    if not isinstance(content, dict):
        raise InvalidSetting(f'{path} must contain a JSON object such as {{"NAME": "value"}}.')
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path = path.resolve()  # a link stays a link
    try:
        with atomic_write(path) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=2).encode())
    except OSError as error:
        raise InvalidSetting(
            f"{path} cannot be written ({error.strerror}). Make its folder writable and free some"
            " disk space."
        ) from error
