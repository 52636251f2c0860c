"""A key can be used and is never shown."""

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
def test_a_key_may_be_pasted_with_blanks_quotes_or_bearer(raw):
    """They are removed."""
    assert "Bearer sk-canary" == Key(raw, "NOVITA_API_KEY").authorization


@pytest.mark.parametrize(
    "raw", ["", "  ", "Bearer ", "sk\ncanary", "sk canary", "sk-kлюч", "sk-\x00canary"]
)
def test_an_invalid_key_is_refused_without_showing_it(raw):
    """The message names the variable, not its value."""
    with pytest.raises(InvalidSetting, match="Novita API key") as raised:
        Key(raw, "NOVITA_API_KEY")
    assert "canary" not in str(raised.value)


def test_a_key_is_never_printed():
    """repr, str and format hide it, and texts are scrubbed."""
    key = Key("sk-canary", "NOVITA_API_KEY")
    assert [] == [
        shown for shown in (repr(key), str(key), f"{key}", repr([key])) if "canary" in shown
    ]
    assert "bad key ***!" == key.scrub("bad key sk-canary!")
