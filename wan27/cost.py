"""An amount of money, as an estimate: what is shown before a submission, kept in the journal, and summed up by the day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate: `amount` in `currency` (ISO 4217). The host's own bill is what counts."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """For people: "about ¥3.00", or "free"."""
        return f"about {money(self.amount, self.currency)}" if self.amount else "free"

    @property
    def stored(self) -> str:
        """For the journal: "3.00 CNY"."""
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def parse(cls, stored: str) -> Cost | None:
        """The cost that `stored` was made of; None for anything else."""
        amount, _, currency = stored.partition(" ")
        try:
            number = Decimal(amount)
        except InvalidOperation:
            return None
        return cls(number, currency) if number.is_finite() and currency else None


def money(amount: Decimal, currency: str) -> str:
    """For people: "¥3.00", or "3.00 EUR" where the currency has no sign here."""
    sign = _SIGNS.get(currency)
    return f"{amount:.2f} {currency}" if sign is None else f"{sign}{amount:.2f}"
