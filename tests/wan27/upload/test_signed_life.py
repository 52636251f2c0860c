"""A signed URL lives no longer than the credentials that signed it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.upload.signed_life import short_life

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=timezone.utc)
AWS = "https://b.s3.amazonaws.com/x.png?X-Amz-Expires=86400&X-Amz-Signature=0"
SESSION = f"{AWS}&X-Amz-Security-Token=a%2Fb%2B%3D"
AZURE = "https://a.blob.core.windows.net/c/x.png?se=2026-11-30T12%3A00%3A00Z&sig=0"
GOOGLE = "https://storage.googleapis.com/b/x.png?X-Goog-Expires=86400&X-Goog-Signature=0"
TOKEN = {"AWS_SESSION_TOKEN": "a/b+="}


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        (AWS, {}),
        (AWS, {**TOKEN, "AWS_CREDENTIAL_EXPIRATION": "2026-11-29T12:05:00Z"}),
        (AZURE, {}),
        (f"{AZURE}&ske=2026-11-30T12%3A00%3A00Z", {}),
        (GOOGLE, {"GOOGLE_SERVICE_ACCOUNT": "/key.json"}),
        (GOOGLE.replace("86400", "3600"), {}),
        ("data:image/png;base64,AAAA", {}),
    ],
)
def test_keys_without_an_end_have_no_notice(url, environ):
    """The URL lives as long as it was signed for."""
    assert short_life(url, NOW, environ) is None


@pytest.mark.parametrize("variable", ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-11-29T12:42:00Z", 2520),
        ("2026-11-29T12:42:00+00:00", 2520),
        ("2026-11-29t13:42:00+01:00", 2520),
        ("2026-11-29T12:42:00", 2520),
        (str(int((NOW + timedelta(hours=6)).timestamp())), 21600),
        ("2026-11-29T11:00:00Z", 0),
        ("soon", None),
        ("", None),
    ],
)
def test_the_end_of_a_session_is_read_where_tools_put_it(variable, value, seconds):
    """In the forms that they use; where none is there, the notice says that nobody knows."""
    life = short_life(SESSION, NOW, {**TOKEN, variable: value})
    assert seconds == life.seconds
    assert ("perhaps in minutes" in life.notice) == (seconds is None)
    assert (seconds == 0) == life.is_too_short
    assert "AWS_SESSION_TOKEN" in life.notice


def test_the_end_of_another_session_is_not_that_of_a_role():
    """A role of this machine signs with a token that no variable has."""
    ends = {"AWS_CREDENTIAL_EXPIRATION": "2026-11-29T12:05:00Z"}
    for environ in (ends, {**ends, "AWS_SESSION_TOKEN": "other"}):
        life = short_life(SESSION, NOW, environ)
        assert (None, "the credentials of this machine's role") == (life.seconds, life.ends_with)


def test_the_keys_of_azure_and_google_that_end_earlier_are_told():
    """A user delegation key has its end in the URL; Google's own keys are good for 12 hours."""
    azure = short_life(f"{AZURE}&ske=2026-11-29T13%3A00%3A00Z", NOW, {})
    assert "for 60 minutes, until the credentials of Azure" in azure.notice
    assert "for 12 hours, until keys that Google itself" in short_life(GOOGLE, NOW, {}).notice


@pytest.mark.parametrize(("kind", "is_short"), [("service_account", False), ("user", True)])
def test_a_file_of_google_counts_only_with_a_key_in_it(tmp_path, kind, is_short):
    """Without one an API of Google signs, with its own keys."""
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": kind}))
    life = short_life(GOOGLE, NOW, {"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    assert is_short == (life is not None)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_url_and_any_end_is_read(query, value):
    """No form raises an error, and a session always ends: now, later or at an unknown time."""
    environ = {**TOKEN, "AWS_CREDENTIAL_EXPIRATION": value}
    url = f"https://b.example/x?{query}".replace("[", "").replace("]", "")
    lives = [short_life(url, NOW, environ), short_life(SESSION, NOW, environ)]
    assert lives[1] is not None
    assert all(life.seconds is None or life.seconds >= 0 for life in lives if life)
