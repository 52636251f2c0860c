"""The rules of HTTP ranges (RFC 9110, sections 8.8 and 13.1.5): which responses join to one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# a file that changed so long before it was sent will have another date if it changes again,
# whatever the clocks
_SURE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Version:
    """What an address served when it was first asked: the mark and the length that its other pieces must agree with, None where unknown."""

    mark: str | None = None
    total_bytes: int | None = None

    def request(self, received_bytes: int) -> dict[str, str]:
        """The headers that ask for the rest, {} where only the whole can be asked for."""
        if not received_bytes or self.mark is None or self.total_bytes is None:
            return {}
        return {"Range": f"bytes={received_bytes}-", "If-Range": self.mark}

    def continues(self, headers: Mapping[str, str], received_bytes: int) -> bool:
        """Whether a 206 with these headers is the rest of the very file whose first bytes are here."""
        found = re.fullmatch(
            r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})",
            headers.get("content-range", "").strip(),
            re.ASCII,
        )
        if (
            found is None
            or self.mark is None
            or (received_bytes, self.total_bytes) != (int(found[1]), int(found[2]))
        ):
            return False
        return (
            headers.get("etag" if self.mark.startswith('"') else "last-modified", self.mark)
            == self.mark
        )


def parse_version(headers: Mapping[str, str]) -> Version:
    """Return what the headers of a whole answer (200) say of its file."""
    length = headers.get("content-length", "")
    total = int(length) if re.fullmatch(r"\d{1,18}", length, re.ASCII) else None
    return Version(_strong_etag(headers) or _strong_date(headers), total)


def _strong_etag(headers: Mapping[str, str]) -> str | None:
    """A weak tag promises no equal bytes, so it cannot mend a file."""
    etag = headers.get("etag", "")
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]*"', etag) else None


def _strong_date(headers: Mapping[str, str]) -> str | None:
    """A date counts to the second, so it tells two versions apart only where the file had rested before it was sent."""
    changed = headers.get("last-modified", "")
    try:
        rested = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, OverflowError):
        return None
    return changed if changed.isascii() and rested.total_seconds() >= _SURE_SECONDS else None
