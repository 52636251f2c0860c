"""HTTP ranges (RFC 9110, sections 8.8 and 13.1.5): which responses are parts of one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# A file that was changed this long before it was sent gets another date with its next change,
# whatever the clocks.
_SURE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Version:
    """The file behind a URL when it was first requested; later parts must be of the same version.

    `validator` is its strong ETag or sure date, `total_bytes` its length; None where unknown.
    """

    validator: str | None = None
    total_bytes: int | None = None

    def range_headers(self, received_bytes: int) -> dict[str, str]:
        """Return the headers that request the rest; {} where only the whole can be requested."""
        if not received_bytes or self.validator is None or self.total_bytes is None:
            return {}
        return {"Range": f"bytes={received_bytes}-", "If-Range": self.validator}

    def continues(self, headers: Mapping[str, str], received_bytes: int) -> bool:
        """Return whether a 206 with these headers is the rest of this version."""
        found = re.fullmatch(
            r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})",
            headers.get("content-range", "").strip(),
            re.ASCII,
        )
        if (
            found is None
            or self.validator is None
            or (received_bytes, self.total_bytes) != (int(found[1]), int(found[2]))
        ):
            return False
        name = "etag" if self.validator.startswith('"') else "last-modified"
        return headers.get(name, self.validator) == self.validator


def parse_version(headers: Mapping[str, str]) -> Version:
    """Return the version that the headers of a whole response (200) name."""
    length = headers.get("content-length", "")
    total = int(length) if re.fullmatch(r"\d{1,18}", length, re.ASCII) else None
    return Version(_strong_etag(headers) or _sure_date(headers), total)


def _strong_etag(headers: Mapping[str, str]) -> str | None:
    """Return the ETag unless it is weak: a weak one does not promise equal bytes."""
    etag = headers.get("etag", "")
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]*"', etag) else None


def _sure_date(headers: Mapping[str, str]) -> str | None:
    """Return Last-Modified if it identifies the file: it counts in whole seconds."""
    changed = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, OverflowError):
        return None
    return changed if changed.isascii() and age.total_seconds() >= _SURE_SECONDS else None
