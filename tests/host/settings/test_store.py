"""The settings, from the environment and two files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wan27.errors import InvalidSetting


@pytest.fixture
def read(pack, tmp_path):
    """Return a function that reads the settings of a folder with these files."""

    def read(environment=None, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.json").write_text(text, "utf-8")
        return pack("host.settings.store").Settings(tmp_path, environment or {})

    return read


def test_the_environment_wins_over_the_files(read):
    """An empty variable counts as unset."""
    files = {
        "settings": '{"WAN27_HOST": "ppio", "WAN27_TIMEOUT": 60}',
        "credentials": '{"NOVITA_API_KEY": "file"}',
    }
    settings = read({"NOVITA_API_KEY": "environment", "WAN27_HOST": ""}, **files)
    assert ("environment", "ppio", 60.0) == (
        settings.get("NOVITA_API_KEY"),
        settings.get("WAN27_HOST"),
        settings.timeout_seconds,
    )


def test_without_files_everything_has_its_default(read):
    """A node waits an hour, and the cost has no limit."""
    settings = read()
    assert (None, 3600.0, None) == (
        settings.get("WAN27_HOST"),
        settings.timeout_seconds,
        settings.max_cost,
    )
    assert Decimal("2.50") == read({"WAN27_MAX_COST": "2.50"}).max_cost


def test_a_file_from_a_windows_editor_is_read(read):
    """The byte order mark that such editors add is not part of the JSON."""
    assert "k" == read(credentials='\ufeff{"PPIO_API_KEY": "k"}').get("PPIO_API_KEY")


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "1,5", "1e999999999"])
def test_a_value_that_is_not_a_number_is_refused(pack, read, value):
    """The message has the variable and its value."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting, match=f"Timeout .* is '{value}'. Set a number"
    ):
        _ = read({"WAN27_TIMEOUT": value}).timeout_seconds


def test_prices_and_days_can_be_set(read):
    """The price per second of each resolution, and the days that the journal keeps a task."""
    settings = read({"WAN27_PRICE_720P": "0.10 USD", "WAN27_KEEP_DAYS": "30"})
    assert (["720P"], Decimal("0.10"), "USD", 30.0) == (
        list(settings.prices),
        settings.prices["720P"].per_second,
        settings.prices["720P"].currency,
        settings.keep_days,
    )
    assert ({}, None) == (read().prices, read().keep_days)


@pytest.mark.parametrize(
    "value", ["0.10", "USD 0.10", "$0.10", "-1 USD", "nan USD", "1 usd", "1,5 USD"]
)
def test_a_price_without_amount_or_currency_is_refused(pack, read, value):
    """The message has an example."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting, match='Price .* at 1080P" is .* such as "0.10 USD"'
    ):
        _ = read({"WAN27_PRICE_1080P": value}).prices


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("1", True),
        ("true", True),
        (" Yes ", True),
        ("ON", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
        ("", False),
    ],
)
def test_jpeg_can_be_allowed_in_several_spellings(read, value, allowed):
    """The default is no; in the file true and false work as well."""
    assert allowed is read({"WAN27_JPEG": value}).allow_jpeg
    assert True is read(settings='{"WAN27_JPEG": true}').allow_jpeg


def test_an_unknown_spelling_is_refused(pack, read):
    """Nothing is guessed: the quality of an image depends on it."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting, match=r"JPEG\" is '95'. Set 1 to allow JPEG or 0"
    ):
        _ = read({"WAN27_JPEG": "95"}).allow_jpeg


@pytest.mark.parametrize("text", ["{", "[]", "\x00", '"key"'])
def test_a_broken_file_is_reported_with_an_example(pack, read, text):
    """The message has the path, and never the content."""
    with pytest.raises(
        pack("wan27.errors").InvalidSetting,
        match=r'credentials\.json .*must contain a JSON object such as \{"NAME": "value"\}',
    ):
        read(credentials=text)
    assert (
        InvalidSetting is not pack("wan27.errors").InvalidSetting
    )  # the mangled pack has classes of its own
