"""Prices and costs: the one price table, estimates, and the limit for one video."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from .api.hosts import HOSTS
from .errors import CostRefused, labeled
from .limits import LARGEST_NUMBER, RESOLUTIONS

_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the table: the price of a second of finished video (inputs are not billed).

    `currency` is ISO 4217; `as_of` is the day on which `source` had this price.
    """

    per_second: Decimal
    currency: str
    as_of: str
    source: str

    def __str__(self) -> str:
        """For texts: "¥0.60"."""
        return format_money(self.per_second, self.currency)


_PPIO = ("2026-08-30", "https://ppio.com/pricing, quoted by a third party")

_ALIBABA = ("2026-09-20", "https://www.alibabacloud.com/help/en/model-studio/, by a third party")
_ALIBABA_CN = ("2026-09-20", "resellers: about 0.6 and 1.0 yuan")

# JieKou and Novita publish no price for this model that could be read, so they have no row.
PRICES = {
    ("ppio", "720P"): Price(Decimal("0.60"), "CNY", *_PPIO),
    ("ppio", "1080P"): Price(Decimal("1.00"), "CNY", *_PPIO),
    ("alibaba", "720P"): Price(Decimal("0.10"), "USD", *_ALIBABA),
    ("alibaba", "1080P"): Price(Decimal("0.15"), "USD", *_ALIBABA),
    ("alibaba-cn", "720P"): Price(Decimal("0.60"), "CNY", *_ALIBABA_CN),
    ("alibaba-cn", "1080P"): Price(Decimal("1.00"), "CNY", *_ALIBABA_CN),
    ("simulator", "720P"): Price(Decimal(0), "USD", "", "the simulator is free"),
    ("simulator", "1080P"): Price(Decimal(0), "USD", "", "the simulator is free"),
}

_PRICED = {host for host, _ in PRICES}


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate: `amount` in `currency` (ISO 4217). The host's own bill is what counts."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """For texts: "about ¥3.00", or "free"."""
        return f"about {self.price}" if self.amount else "free"

    @property
    def price(self) -> str:
        """The amount without a word in any language: "¥3.00", and "" where it is free."""
        return format_money(self.amount, self.currency) if self.amount else ""

    @property
    def stored(self) -> str:
        """The text for the journal: "3.00 CNY"."""
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def parse(cls, stored: str) -> Cost | None:
        """Return the cost whose `stored` is this text; None for any other text."""
        amount, _, currency = stored.partition(" ")
        try:
            number = Decimal(amount)
        except InvalidOperation:
            return None
        is_sane = number.is_finite() and abs(number) <= LARGEST_NUMBER
        return cls(number, currency) if is_sane and currency else None


FREE = Cost(Decimal(0), "USD")


def estimate(
    resolution: str,
    duration: int,
    host: str,
    user_prices: Mapping[str, Price] = MappingProxyType({}),
) -> Cost | None:
    """Return the likely cost of `duration` seconds in a tier at the host of that name.

    None where no price is known. `user_prices` are the user's own, by tier ("720P"), and win over
    the table: users know their contract better.
    """
    price = user_prices.get(resolution) or PRICES.get((host, resolution))
    return None if price is None else Cost(price.per_second * duration, price.currency)


def total(costs: Sequence[Cost | None]) -> Cost | None:
    """Return the sum of the costs; None where one is unknown, or in mixed currencies."""
    known = [cost for cost in costs if cost is not None]
    currencies = {cost.currency for cost in known if cost.amount} or {
        cost.currency for cost in known
    }
    if len(known) < len(costs) or len(currencies) != 1:
        return None
    return Cost(sum((cost.amount for cost in known), Decimal(0)), currencies.pop())


def refuse_above(cost: Cost | None, max_cost: Decimal | None) -> None:
    """Raise `CostRefused` where the estimate is above `max_cost` (in the host's currency).

    An unknown cost passes: see `limit_notices`.
    """
    if cost is not None and max_cost is not None and cost.amount > max_cost:
        raise CostRefused(
            f"This video would cost {cost}, above your limit of {max_cost} (WAN27_MAX_COST). "
            "Shorten duration, choose 720P, or raise the limit. Nothing was sent."
        )


def limit_notices(
    cost: Cost | None, max_cost: Decimal | None, of_day: DayLimits
) -> tuple[str, ...]:
    """Return the notice that limits in money cannot be enforced because the price is unknown."""
    limits = {"WAN27_MAX_COST": max_cost, "WAN27_MAX_COST_DAY": of_day.max_cost}
    given = [f"{limit} ({name})" for name, limit in limits.items() if limit is not None]
    if cost is not None or not given:
        return ()
    return (
        labeled(
            f"the price is unknown, so the limit of {' and that of '.join(given)} cannot be"
            " enforced; set WAN27_PRICE_720P and WAN27_PRICE_1080P in the settings"
        ),
    )


def parse_price(text: str) -> Price | None:
    """Return the price that a user gives for a second of video, "0.10 USD"; None if invalid."""
    cost = Cost.parse(text.strip())
    if cost is None or cost.amount < 0 or not re.fullmatch("[A-Z]{3}", cost.currency):
        return None
    return Price(cost.amount, cost.currency, "", "your settings")


def price_list() -> str:
    """Return the table as one line, with the days it was read: the same in every language."""
    tiers = " / ".join(RESOLUTIONS)
    rows = (
        f"{host.title} {' / '.join(str(PRICES[host.name, tier]) for tier in RESOLUTIONS)}"
        f" ({PRICES[host.name, RESOLUTIONS[0]].as_of})"
        for host in HOSTS
        if host.name in _PRICED
    )
    return f"{tiers}: {', '.join(rows)}"


def hosts_without_price() -> str:
    """Return the hosts that publish no price, as "JieKou, Novita"."""
    return ", ".join(host.title for host in HOSTS if host.name not in _PRICED)


def format_money(amount: Decimal, currency: str) -> str:
    """Return an amount for texts: "¥3.00", or "3.00 EUR" where the currency has no sign here."""
    sign = _SIGNS.get(currency)
    return f"{amount:.2f} {currency}" if sign is None else f"{sign}{amount:.2f}"


@dataclass(frozen=True, slots=True)
class Spent:
    """What was submitted in some time: estimated costs by currency, and seconds of paid video."""

    costs: Mapping[str, Decimal] = field(default_factory=dict)
    seconds: int = 0

    def add(self, cost: Cost | None, seconds: int) -> Spent:
        """Return this with one video more. What is known to be free counts for nothing."""
        if cost is None:
            return self.plus(Spent({}, seconds))
        return self.plus(Spent({cost.currency: cost.amount}, seconds)) if cost.amount else self

    def plus(self, other: Spent) -> Spent:
        """Return the sum of both."""
        costs = dict(self.costs)
        for currency, amount in other.costs.items():
            costs[currency] = costs.get(currency, Decimal(0)) + amount
        return Spent(costs, self.seconds + other.seconds)

    @property
    def amounts(self) -> list[str]:
        """The costs for texts, one per currency."""
        return [format_money(amount, currency) for currency, amount in self.costs.items()]


@dataclass(frozen=True, slots=True)
class DayLimits:
    """The limits of a local day that began at `since` (epoch seconds), None for no limit."""

    max_cost: Decimal | None = None
    max_seconds: int | None = None
    since: float = 0.0

    def refuse(self, spent: Spent, cost: Cost | None, seconds: int) -> None:
        """Raise `CostRefused` where one video more would pass a limit.

        An unknown price passes the limit in money, and not the limit in seconds.
        """
        after = spent.add(cost, seconds)
        if after == spent:
            return
        if self.max_seconds is not None and after.seconds > self.max_seconds:
            raise CostRefused(
                f"This video of {seconds} s would make {after.seconds} s of video today, above your"
                f" limit of {self.max_seconds} s a day (WAN27_MAX_SECONDS_DAY). Wait until tomorrow"
                " or raise the limit. Nothing was sent."
            )
        if cost is None or self.max_cost is None:
            return
        total = after.costs[cost.currency]
        if total > self.max_cost:
            raise CostRefused(
                f"This video would make {format_money(total, cost.currency)} today, above your"
                " limit"
                f" of {self.max_cost} a day (WAN27_MAX_COST_DAY). Wait until tomorrow or raise the"
                " limit. Nothing was sent."
            )


def midnight(now: float) -> float:
    """Return the last local midnight before `now`, both in epoch seconds."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))
