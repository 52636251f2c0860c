"""One number of the table, with its target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value.

    None if it could not be measured; then `detail` has the reason. A figure without a limit is only
    there for comparison.
    """

    name: str
    value: float | None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""

    @property
    def measured(self) -> str:
        """The value and its detail."""
        number = "not measured" if self.value is None else f"{_short(self.value)}{self._unit}"
        return f"{number} ({self.detail})" if self.detail else number

    @property
    def target(self) -> str:
        """The limit in words; empty if there is none."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}{self._unit}"
        return f"≥ {self.at_least:g}{self._unit}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or a dash without a target or a value."""
        if self.value is None or not self.target:
            return "–"
        value = float(_short(self.value))  # judged as it is printed
        is_above = self.at_most is not None and value > self.at_most
        is_below = self.at_least is not None and value < self.at_least
        return "**MISSED**" if is_above or is_below else "ok"

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
