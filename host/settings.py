"""What the user set: the environment first, then `settings.json` and `credentials.json` in the state folder, under the same names.

Never a ComfyUI setting and never a widget: both are served to the browser, and widgets are saved into every shared workflow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ..wan27.errors import InvalidSetting
from ..wan27.limits import RESOLUTIONS
from ..wan27.pricing import Price, parse_price

DEFAULT_TIMEOUT_SECONDS = 3600.0

_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class Settings:
    """The settings as they stand now. Raises `InvalidSetting` where a file or a value cannot be used."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._files = {**_read(folder / "settings.json"), **_read(folder / "credentials.json")}

    def get(self, name: str) -> str | None:
        """The value of a variable, None where it is unset or empty."""
        return self._environment.get(name) or self._files.get(name) or None

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
        """What the user says a second costs, by tier (WAN27_PRICE_720P and WAN27_PRICE_1080P, "0.10 USD"); empty where they say nothing."""
        stated = {tier: self.get(f"WAN27_PRICE_{tier}") for tier in RESOLUTIONS}
        return {tier: self._price(tier, value) for tier, value in stated.items() if value}

    def _price(self, tier: str, value: str) -> Price:
        price = parse_price(value)
        if price is None:
            raise InvalidSetting(f'WAN27_PRICE_{tier} is {value!r}; give the price of a second and its currency, such as "0.10 USD".')
        return price

    @property
    def allow_jpeg(self) -> bool:
        """Whether a picture that is too large as PNG may be sent as JPEG (WAN27_JPEG)."""
        value = self.get("WAN27_JPEG")
        allowed = False if value is None else _SWITCH.get(value.strip().lower())
        if allowed is None:
            raise InvalidSetting(f"WAN27_JPEG is {value!r}; give 1 to allow JPEG or 0 to refuse it.")
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
    try:
        content = json.loads(path.read_text("utf-8-sig"))  # Windows editors like to begin a file with a mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidSetting(f'{path} cannot be read ({type(error).__name__}). It must look like {{"NAME": "value"}}.') from error
    if not isinstance(content, dict):
        raise InvalidSetting(f'{path} holds no object. It must look like {{"NAME": "value"}}.')
    return {name: str(value) for name, value in content.items() if isinstance(value, str | int | float)}
