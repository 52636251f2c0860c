"""Signed addresses as object stores make them: the query carries who, until when and a signature, and no header is needed.

Decoded values are signed, as S3 does: an address survives a harmless re-encoding, and dies of a double one.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNATURE = "X-Amz-Signature"
_UNTIL = "X-Simulator-Until"


class Signer:
    """Signs paths and checks what comes back. The clock's readings are seconds from any fixed point."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._serial = itertools.count(1)

    def sign(self, path: str, now_seconds: float, valid_seconds: float) -> str:
        """Return the query of an address that is good for so long; no two are alike."""
        date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"simulator/{date[:8]}/nowhere-1/s3/aws4_request",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(int(valid_seconds)),
            "X-Amz-SignedHeaders": "host",
            "X-Simulator-Serial": str(next(self._serial)),
            _UNTIL: repr(now_seconds + valid_seconds),
        }
        return urlencode(query | {_SIGNATURE: self._signature(path, query)})

    def genuine(self, path: str, query: Mapping[str, str]) -> bool:
        """Say whether this path and query were signed here and not changed since."""
        signed = {name: value for name, value in query.items() if name != _SIGNATURE}
        given = query.get(_SIGNATURE, "")
        return hmac.compare_digest(given.encode(errors="replace"), self._signature(path, signed).encode())

    @staticmethod
    def expired(query: Mapping[str, str], now_seconds: float) -> bool:
        """Say whether the time of a genuine query is over."""
        return now_seconds >= float(query[_UNTIL])

    def _signature(self, path: str, query: Mapping[str, str]) -> str:
        text = "\n".join([path, *(f"{name}={query[name]}" for name in sorted(query))])
        return hmac.new(self._secret, text.encode(errors="replace"), hashlib.sha256).hexdigest()
