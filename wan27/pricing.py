"""What a job will cost, as far as anybody has published it. The one price table; nothing else knows a price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from .errors import CostRefused
from .limits import RESOLUTIONS

if TYPE_CHECKING:
    from .job import Job

_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate: `amount` in `currency` (ISO 4217). The host's own bill is what counts."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """For people: "about ¥3.00", or "free"."""
        return f"about {_SIGNS[self.currency]}{self.amount:.2f}" if self.amount else "free"


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


def estimate(job: Job, host: str) -> Cost | None:
    """Return the likely cost of `job` at the host of that name, or None where no price is known. Failed tasks are free (host's guide)."""
    price = PRICES.get((host, job.resolution))
    return None if price is None else Cost(price.per_second * job.duration, price.currency)


def price_list() -> str:
    """The known prices in one line, with the date they were read; unknown ones are said to be unknown."""
    known = {"ppio": "PPIO"}
    rows = ", ".join(
        f"{title} " + " and ".join(f"{_SIGNS[PRICES[name, tier].currency]}{PRICES[name, tier].per_second} ({tier})" for tier in RESOLUTIONS)
        for name, title in known.items()
    )
    return f"{rows}, as of {_PPIO[0]}; JieKou and Novita publish none"


def refuse_above(cost: Cost | None, most: Decimal | None) -> None:
    """Raise `CostRefused` where the estimate is above `most` (in the host's currency); an unknown cost cannot be judged and passes."""
    if cost is not None and most is not None and cost.amount > most:
        raise CostRefused(
            f"This video would cost {cost}, above your limit of {most} (WAN27_MAX_COST). "
            "Shorten duration, choose 720P, or raise the limit. Nothing was sent."
        )
