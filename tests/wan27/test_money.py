"""Prices and estimates: known for hosts that publish a price, unknown for the others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wan27.errors import CostRefused
from wan27.job import Job
from wan27.medium import Link
from wan27.money import PRICES, estimate, price_list, price_texts, refuse_above


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
    expected = "PPIO ¥0.60 (720P) and ¥1.00 (1080P), as of 2026-08-30"
    assert f"{expected}; JieKou and Novita publish none" == price_list()


def test_translations_take_the_prices_from_the_table():
    """Only published prices are named, each with the day it was read."""
    assert price_texts() == {
        "ppio_720P": "¥0.60",
        "ppio_1080P": "¥1.00",
        "ppio_as_of": "2026-08-30",
    }
