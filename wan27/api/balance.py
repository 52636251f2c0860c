"""What is left on an account: one free call, at the hosts where it is known.

Novita: `availableBalance` in 1/10000 USD. PPIO: `credit_balance`, in a unit that its page does not
name, so none is shown. Seen in other clients; nothing may depend on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ..errors import UnexpectedResponse
from ..limits import LARGEST_NUMBER


@dataclass(frozen=True, slots=True)
class Balance:
    """An amount of money; `currency` is ISO 4217, "" for a number in the host's own unit."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class BalanceCall:
    """A call of one host: where it is, and how its `field` is read."""

    path: str
    field: str
    currency: str
    units_per_amount: int

    def parse(self, body: bytes) -> Balance:
        """Return the balance in a response. Raises `UnexpectedResponse` without one."""
        try:
            value = json.loads(body)[self.field]
            number = Decimal(value if isinstance(value, str) else str(value))
        except (ValueError, KeyError, TypeError, IndexError, RecursionError, InvalidOperation):
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > LARGEST_NUMBER:
            raise UnexpectedResponse(f"The host's response has no number {self.field}.")
        return Balance(number / self.units_per_amount, self.currency)


BALANCE_CALLS = {
    "novita": BalanceCall("/v3/user/balance", "availableBalance", "USD", 10000),
    "ppio": BalanceCall("/v3/user", "credit_balance", "", 1),
}
