"""How long a signed URL really lives: with short-lived credentials, no longer than they do.

The URL shows whether they are: a session token of AWS and those that speak like it
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html), or the end of
Azure's user delegation key (`ske`). When a session ends is in no URL, and obstore keeps what it
knows to itself; tools that export a session also export its end. Google's own keys sign for 12
hours at least (https://cloud.google.com/storage/docs/authentication/creating-signatures).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# The end of the session in the environment: `aws configure export-credentials`, aws-vault, granted.
_SESSION_ENDS = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
# Variables with which Google URLs are signed by a key of the user's own.
_OWN_KEYS = (
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
)
_GOOGLE_SECONDS = 12 * 3600.0
_SHORTEST_SECONDS = 900.0  # hosts read the media when a task leaves their queue


@dataclass(frozen=True, slots=True)
class Life:
    """The life of a URL that ends before its own date.

    `seconds` from now, None where that is unknown; `ends_with` is what ends it.
    """

    seconds: float | None
    ends_with: str

    @property
    def is_too_short(self) -> bool:
        """Whether a task would hardly read the upload in time."""
        return self.seconds is not None and self.seconds < _SHORTEST_SECONDS

    @property
    def notice(self) -> str:
        """What the user should know."""
        if self.seconds is None:
            return (
                f"The upload can be read only until {self.ends_with} end, perhaps in minutes: a"
                " task that waits longer in the host's queue fails. Keys without an end avoid that."
            )
        return (
            f"The upload can be read for {_in_words(self.seconds)}, until {self.ends_with} end: a"
            " task that waits longer in the host's queue fails. Keys without an end avoid that."
        )

    @property
    def problem(self) -> str:
        """Why nothing was uploaded, to follow a colon."""
        return f"{self.ends_with} end in {_in_words(self.seconds or 0)}, so renew them"


def short_life(url: str, now: datetime, environ: Mapping[str, str] = os.environ) -> Life | None:
    """Return the life of a signed URL, None where it lives as long as it was signed for."""
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    if token := query.get("x-amz-security-token"):
        return _session_life(token, now, environ)
    ends = _parse(query.get("ske", ""))
    wanted = _parse(query.get("se", ""))
    if ends and wanted and ends < wanted:
        return Life(_seconds(ends, now), "the credentials of Azure that signed it")
    expires = query.get("x-goog-expires", "")
    is_long = expires.isascii() and expires.isdigit() and int(expires) > _GOOGLE_SECONDS
    if is_long and not _has_own_key(environ):
        return Life(_GOOGLE_SECONDS, "keys that Google itself manages")
    return None


def _has_own_key(environ: Mapping[str, str]) -> bool:
    """Return whether Google URLs are signed by a key of the user's own, and not by an API call."""
    if any(environ.get(name) for name in _OWN_KEYS):
        return True
    try:
        content = Path(environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text("utf-8")
        return bool(json.loads(content)["type"] == "service_account")
    except (KeyError, TypeError, ValueError, OSError):
        return False


def _session_life(token: str, now: datetime, environ: Mapping[str, str]) -> Life:
    """Return the life of a session: its end is known for the one in the environment only."""
    if token != environ.get("AWS_SESSION_TOKEN", environ.get("AWS_TOKEN", "")):
        return Life(None, "the credentials of this machine's role")
    ends = next(filter(None, (_parse(environ.get(name, "")) for name in _SESSION_ENDS)), None)
    seconds = None if ends is None else _seconds(ends, now)
    return Life(seconds, "the credentials in AWS_SESSION_TOKEN")


def _seconds(ends: datetime, now: datetime) -> float:
    return max((ends - now).total_seconds(), 0.0)


def _parse(value: str) -> datetime | None:
    """Return a time of ISO 8601 (UTC without a zone) or of seconds since 1970; None for others."""
    try:
        if value.isascii() and value.isdigit():
            return datetime.fromtimestamp(int(value), timezone.utc)
        found = datetime.fromisoformat(value.strip().upper().replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _in_words(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"
