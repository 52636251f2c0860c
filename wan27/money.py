"""An amount of money, as an estimate: what is shown before a submission, kept in the journal, and summed up by the day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from .errors import CostRefused
from .limits import RESOLUTIONS

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
    currencies = {cost.currency for cost in known if cost.amount} or {
        cost.currency for cost in known
    }
    if len(known) < len(costs) or len(currencies) != 1:
        return None
    return Cost(sum((cost.amount for cost in known), Decimal(0)), currencies.pop())


def money(amount: Decimal, currency: str) -> str:
    """For people: "¥3.00", or "3.00 EUR" where the currency has no sign here."""
    sign = _SIGNS.get(currency)
    return f"{amount:.2f} {currency}" if sign is None else f"{sign}{amount:.2f}"


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the table: `per_second` of finished video (inputs are not billed), in `currency`, as `source` said on `as_of`."""

    per_second: Decimal
    currency: str
    as_of: str
    source: str


_PPIO = ("2026-08-30", "https://ppio.com/pricing, quoted by a third party")

# Neither JieKou nor Novita publishes a price for this model that could be read, so they have no
# row: an unknown price is said to be unknown.
PRICES = {
    ("ppio", "720P"): Price(Decimal("0.60"), "CNY", *_PPIO),
    ("ppio", "1080P"): Price(Decimal("1.00"), "CNY", *_PPIO),
    ("simulator", "720P"): Price(Decimal(0), "USD", "", "the simulator is free"),
    ("simulator", "1080P"): Price(Decimal(0), "USD", "", "the simulator is free"),
}


def estimate(
    resolution: str,
    duration: int,
    host: str,
    own: Mapping[str, Price] = MappingProxyType({}),
) -> Cost | None:
    """Return the likely cost of `duration` seconds in a tier at the host of that name.

    None where no price is known. Failed tasks are free (the hosts' guides). `own` holds the prices that
    the user set, by tier ("720P"): users know their contract better than this table.
    """
    price = own.get(resolution) or PRICES.get((host, resolution))
    return None if price is None else Cost(price.per_second * duration, price.currency)


def parse_price(stated: str) -> Price | None:
    """The price that a user stated for a second of video, "0.10 USD"; None where it is none."""
    cost = Cost.parse(stated.strip())
    if cost is None or cost.amount < 0 or not re.fullmatch("[A-Z]{3}", cost.currency):
        return None
    return Price(cost.amount, cost.currency, "", "your settings")


def price_list() -> str:
    """The known prices in one line, with the date they were read; unknown ones are said to be unknown."""
    known = {"ppio": "PPIO"}
    rows = ", ".join(
        f"{title} " + " and ".join(f"{_shown(PRICES[name, tier])} ({tier})" for tier in RESOLUTIONS)
        for name, title in known.items()
    )
    return f"{rows}, as of {_PPIO[0]}; JieKou and Novita publish none"


def _shown(price: Price) -> str:
    return money(price.per_second, price.currency)


def notice(cost: Cost | None, most: Decimal | None) -> tuple[str, ...]:
    """What is said of a limit that cannot be held against an unknown price."""
    if cost is not None or most is None:
        return ()
    return (
        (
            f"the price is unknown, so WAN27_MAX_COST ({most}) cannot hold; set WAN27_PRICE_720P"
            " and WAN27_PRICE_1080P"
        ),
    )


def refuse_above(cost: Cost | None, most: Decimal | None) -> None:
    """Raise `CostRefused` where the estimate is above `most` (in the host's currency); an unknown cost cannot be judged and passes."""
    if cost is not None and most is not None and cost.amount > most:
        raise CostRefused(
            f"This video would cost {cost}, above your limit of {most} (WAN27_MAX_COST). "
            "Shorten duration, choose 720P, or raise the limit. Nothing was sent."
        )
