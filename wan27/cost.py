"""An amount of money, as an estimate: what is shown before a submission, kept in the journal, and summed up by the day."""

from __future__ import annotations

from collections.abc import Sequence
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
        return f"about {self.price}" if self.amount else "free"

    @property
    def price(self) -> str:
        """The amount alone, for those who say the rest in another language: "¥3.00", and "" where it is free."""
        return money(self.amount, self.currency) if self.amount else ""

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


def total(costs: Sequence[Cost | None]) -> Cost | None:
    """What they cost together; None where one is unknown, or where they are in several currencies."""
    known = [cost for cost in costs if cost is not None]
    currencies = {cost.currency for cost in known if cost.amount} or {cost.currency for cost in known}
    if len(known) < len(costs) or len(currencies) != 1:
        return None
    return Cost(sum((cost.amount for cost in known), Decimal(0)), currencies.pop())


def money(amount: Decimal, currency: str) -> str:
    """For people: "¥3.00", or "3.00 EUR" where the currency has no sign here."""
    sign = _SIGNS.get(currency)
    return f"{amount:.2f} {currency}" if sign is None else f"{sign}{amount:.2f}"
