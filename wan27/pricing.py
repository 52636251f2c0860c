"""What a job will cost, as far as anybody has published it. The one price table; nothing else knows a price."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from .cost import Cost, money
from .errors import CostRefused
from .limits import RESOLUTIONS

if TYPE_CHECKING:
    from .job import Job


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the table: `per_second` of finished video (inputs are not billed), in `currency`, as `source` said on `as_of`."""

    per_second: Decimal
    currency: str
    as_of: str
    source: str


_PPIO = ("2026-08-30", "https://ppio.com/pricing, quoted by a third party")

# Neither JieKou nor Novita publishes a price for this model that could be read, so they have no row: an unknown price is said to be unknown.
PRICES = {
    ("ppio", "720P"): Price(Decimal("0.60"), "CNY", *_PPIO),
    ("ppio", "1080P"): Price(Decimal("1.00"), "CNY", *_PPIO),
    ("simulator", "720P"): Price(Decimal(0), "USD", "", "the simulator is free"),
    ("simulator", "1080P"): Price(Decimal(0), "USD", "", "the simulator is free"),
}


def estimate(job: Job, host: str, own: Mapping[str, Price] = MappingProxyType({})) -> Cost | None:
    """Return the likely cost of `job` at the host of that name, or None where no price is known. Failed tasks are free (host's guide).

    `own` are prices that the user set, by tier ("720P"): they know their contract better than this table.
    """
    return estimate_of(job.resolution, job.duration, host, own)


def estimate_of(resolution: str, duration: int, host: str, own: Mapping[str, Price] = MappingProxyType({})) -> Cost | None:
    """As `estimate`, of `duration` seconds in a tier: what a video would cost before there is a job."""
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
        f"{title} " + " and ".join(f"{_shown(PRICES[name, tier])} ({tier})" for tier in RESOLUTIONS) for name, title in known.items()
    )
    return f"{rows}, as of {_PPIO[0]}; JieKou and Novita publish none"


def _shown(price: Price) -> str:
    return money(price.per_second, price.currency)


def notice(cost: Cost | None, most: Decimal | None) -> tuple[str, ...]:
    """What is said of a limit that cannot be held against an unknown price."""
    if cost is not None or most is None:
        return ()
    return (f"the price is unknown, so WAN27_MAX_COST ({most}) cannot hold; set WAN27_PRICE_720P and WAN27_PRICE_1080P",)


def refuse_above(cost: Cost | None, most: Decimal | None) -> None:
    """Raise `CostRefused` where the estimate is above `most` (in the host's currency); an unknown cost cannot be judged and passes."""
    if cost is not None and most is not None and cost.amount > most:
        raise CostRefused(
            f"This video would cost {cost}, above your limit of {most} (WAN27_MAX_COST). "
            "Shorten duration, choose 720P, or raise the limit. Nothing was sent."
        )
