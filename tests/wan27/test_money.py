"""Prices and estimates: known for hosts that publish a price, unknown for the others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wan27.errors import CostRefused
from wan27.job import Job
from wan27.medium import Link
from wan27.money import PRICES, estimate, hosts_without_price, price_list, refuse_above


def job(**given):
    return Job(media={"first_clip": Link("https://a.example/c.mp4")}, **given)


def test_the_cost_is_seconds_times_the_price_of_the_resolution():
    """For both resolutions of the one host with known prices."""
    assert "about ¥3.00" == str(estimate("720P", 5, "ppio"))
    assert "about ¥15.00" == str(estimate("1080P", 15, "ppio"))


@pytest.mark.parametrize("host", ["novita", "jiekou"])
def test_an_unpublished_price_is_not_guessed(host):
    """The estimate is None."""
    assert estimate("720P", 5, host) is None


def test_a_job_above_the_limit_is_refused():
    """At the limit, or without an estimate, it is accepted."""
    with pytest.raises(CostRefused, match=r"¥3\.00, above your limit of 2\.5"):
        refuse_above(estimate("720P", 5, "ppio"), Decimal("2.5"))
    for cost, max_cost in (
        (estimate("720P", 5, "ppio"), Decimal(3)),
        (None, Decimal(0)),
        (estimate("720P", 5, "ppio"), None),
    ):
        assert refuse_above(cost, max_cost) is None


def test_every_price_has_a_source_and_a_date():
    """The list shows the date."""
    assert all(price.source for price in PRICES.values())
    assert all(price.as_of for price in PRICES.values() if price.per_second)
    expected = "720P / 1080P: PPIO ¥0.60 / ¥1.00 (2026-08-30), Alibaba $0.10 / $0.15 (2026-09-20)"
    assert price_list().startswith(expected)
    assert "JieKou, Novita" == hosts_without_price()
