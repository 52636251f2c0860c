"""A key can be used and cannot be seen."""

from __future__ import annotations

import pytest

from wan27.api.key import Key
from wan27.errors import InvalidSetting


@pytest.mark.parametrize(
    "raw",
    [
        "sk-canary",
        " sk-canary\n",
        '"sk-canary"',
        "Bearer sk-canary",
        "bearer  sk-canary",
        "'sk-canary' ",
    ],
)
def test_a_key_is_taken_as_people_paste_it(raw):
    """Blanks, quotes and a leading Bearer fall away."""
    assert "Bearer sk-canary" == Key(raw, "NOVITA_API_KEY").authorization


@pytest.mark.parametrize(
    "raw", ["", "  ", "Bearer ", "sk\ncanary", "sk canary", "sk-kлюч", "sk-\x00canary"]
)
def test_what_no_key_can_be_is_refused_without_showing_it(raw):
    """The message names the variable, not its value."""
    with pytest.raises(InvalidSetting, match="NOVITA_API_KEY") as raised:
        Key(raw, "NOVITA_API_KEY")
    assert "canary" not in str(raised.value)


def test_a_key_is_never_printed():
    """repr, str, format and the account's name hide it, and messages are scrubbed of it."""
    key = Key("sk-canary", "NOVITA_API_KEY")
    assert [] == [
        shown
        for shown in (repr(key), str(key), f"{key}", repr([key]), key.account)
        if "canary" in shown
    ]
    assert "bad key ***!" == key.scrub("bad key sk-canary!")


def test_accounts_tell_keys_apart():
    """The same key is the same account, another key another one."""
    assert Key("a", "x").account == Key(" a ", "y").account
    assert Key("a", "x").account != Key("b", "x").account
