"""What a host says, fit for a public report: no key, id, address or path of anyone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from wan27.api.host_text import clean_text

_LONGEST = 160
_SHORTEST = 6  # a shorter secret could be part of any word, and is never quoted
_ENDS = "ai|app|cloud|cn|co|com|dev|internal|io|lan|local|localhost|net|org|site|vip|xyz"
_PATTERNS = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:data:|[a-z][a-z0-9+]{1,9}://)[^\s\"'<>]+", "<address>"),
        (r"[\w.+-]+@[\w-]+\.[\w.-]+", "<address>"),
        (rf"\b(?:[\w-]+\.)+(?:{_ENDS})\b(?::\d+)?", "<address>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?", "<address>"),
        (r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", "<address>"),
        (r"(?<![\w<])(?:[a-z]:)?(?:[\\/]+[\w.@~%+-]+){2,}[\\/]*", "<path>"),
        (r"\b(?!2147483647\b)\d{6,}\b", "<number>"),
    )
]
# A long word with a digit is an id, unless it is a CODE_LIKE_THIS or the name of the model.
_ID = re.compile(
    r"(?<![\w-])(?<!wan2\.)(?![A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-]))"
    r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{12,}"
)


class Redactor:
    """Cleans texts; `keep_out` adds what this run must not show."""

    def __init__(self, scrub: Callable[[str], str] = str) -> None:
        """`scrub` replaces the key."""
        self._scrub = scrub
        self._secrets: set[str] = {str(Path.home()), Path.home().name}

    def keep_out(self, *secrets: str) -> None:
        """Remove these too: ids, names, paths."""
        self._secrets.update(secrets)

    def keep_url_out(self, url: str) -> None:
        """Remove a URL and all of its parts."""
        parts = urlsplit(url)
        values = [value for _, value in parse_qsl(parts.query) if not value.isdigit()]
        self.keep_out(url, parts.netloc, parts.hostname or "", parts.path, parts.query, *values)
        self.keep_out(parts.path.rpartition("/")[2])

    def clean(self, text: object) -> str:
        """Return one short line."""
        line = self.without_secrets(clean_text(text, self._scrub))
        for pattern, word in _PATTERNS:
            line = pattern.sub(word, line)
        line = _ID.sub("<id>", line)
        return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"

    def without_secrets(self, text: str) -> str:
        """Return a text without the key and what `keep_out` was given: the last look."""
        text = self._scrub(text)
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, "…")
        return text
