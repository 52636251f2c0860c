"""What a host says, made fit to show: short, without the key, media, signatures and markup.

Every text of a host or a gateway passes here before it is quoted anywhere: in errors, the log, the
journal and the sidecar.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any

_LONGEST = 300
_READ = 8000  # more than this of a text is never looked at once media are cut out
_SHORTEST_QUOTE = 8  # a shorter prompt may be a word of the host's own
_QUOTE_MARK = 16  # so many letters of a prompt are known as its quotation
_DEEPEST = 8  # JSON inside a string inside JSON …
# The names under which gateways and hosts put what is meant for people, the best first.
_SPOKEN = ("message", "msg", "error", "reason", "detail", "details", "title", "description")
_CODES = ("code", "field", "param", "loc", "type")

# An image inside a request, also with JSON's or a URL's escapes.
_DATA_URL = re.compile(
    r"\bdata(?::|%3a)[\w/+.;=%\\-]{0,120}?(?:,|%2c)[\w+/=%\\-]*", re.IGNORECASE | re.ASCII
)
# Base64 without its prefix: upper and lower case in one long run. Ids and paths have one case.
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/=_\\-])(?:"
    r"(?=[a-z0-9+/=_\\-]*[A-Z])(?=[A-Z0-9+/=_\\-]*[a-z])[A-Za-z0-9+/=_\\-]{40,}"
    r"|[A-Za-z0-9+/=_\\-]{100,})"
)
# The first bytes of images, clips and sounds in base64: hosts also quote a few letters of them.
_BEGINNING = re.compile(
    r"(?<![A-Za-z0-9+/=])(?:iVBORw0KGg|/9j/|UklGR|R0lGOD|SUQz|AAAA[A-Za-z0-9+/]{2}Z0eX|T2dnUw)"
    r"[A-Za-z0-9+/=_-]*(?:\.\.\.)?"
)
_QUERY = re.compile(r"((?:https?|oss|s3|gs):[\\/]+[^\s?\"'<>]+)\?[^\s\"'<>]+", re.IGNORECASE)
# The part of a signed URL that opens the file, where the URL itself is escaped or cut.
_SIGNATURE = re.compile(
    r"\b((?:x-(?:amz|goog|oss)-)?(?:signature|credential|security-token)|ossaccesskeyid|sig)"
    r"(=|%3d)[^\s&\"'<>]+",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-z!][^<>]{0,2000}>", re.IGNORECASE)


def clean_text(text: object, scrub: Callable[[str], str] = str) -> str:
    """Return a host's text fit to show: one short line without the key, media and signatures.

    Only what is printed can spell the key, and only a whole key can be found: so `scrub` comes
    after the one and before the other.
    """
    line = " ".join(str(text).split())
    line = scrub("".join(letter for letter in line if letter.isprintable()))
    line = _BEGINNING.sub("…", _BASE64.sub("…", _DATA_URL.sub("data:…", line)))[:_READ]
    line = " ".join(_without_markup(line).split())
    line = _SIGNATURE.sub(r"\1\2…", _QUERY.sub(r"\1?…", line))
    return (line[:_LONGEST] + "…" if len(line) > _LONGEST else line).rstrip(".")


def without_quotes(words: str, given: Iterable[str]) -> str:
    """Return a host's words without what the user wrote, which it may quote, whole or cut.

    A prompt about a balance, a download or a limit is no trouble with one.
    """
    for text in given:
        line = " ".join(text.split())
        start = -1 if len(line) < _SHORTEST_QUOTE else words.find(line[:_QUOTE_MARK])
        while start >= 0:
            same = takewhile(
                lambda pair: pair[0] == pair[1], zip(words[start:], line, strict=False)
            )
            words = words[:start] + words[start + len(list(same)) :]
            start = words.find(line[:_QUOTE_MARK], start)
    return words


def quote(body: bytes, scrub: Callable[[str], str] = str) -> str:
    """Return what a body that is not the API's JSON is, for "The host's response is …"."""
    text = body.decode("utf-8", "replace")
    if is_page(text):
        return (
            f"{clean_text(plain_words(body), scrub)}, not JSON: a proxy or network on the way may"
            " require a login, or be out of order"
        )
    return f"not JSON; it begins with {clean_text(text, scrub)[:60]!r}"


def plain_words(body: bytes) -> str:
    """Return what a body that is not JSON says to people, "" where it says nothing."""
    text = body.decode("utf-8", "replace")
    if is_page(text):
        title = " ".join(page_title(text).split())
        return f'a web page titled "{title}"' if title else "a web page"
    is_text = "\ufffd" not in text and text.strip()[:1] not in {"", "{", "["}
    return text if is_text else ""


def is_page(text: str) -> bool:
    """Return whether a text is a web page (or XML) instead of JSON."""
    return _PAGE.match(text.lstrip("\ufeff")) is not None


def page_title(text: str) -> str:
    """Return the title of a web page, "" where it has none."""
    found = _TITLE.search(text[:_READ])
    return html.unescape(_TAG.sub(" ", found[2])) if found else ""


def spoken(value: object, depth: int = _DEEPEST) -> str:
    """Return what a part of an error says to people: a text, or JSON in any form, also in a string.

    "" where it says nothing. The result is not cleaned.
    """
    if depth == 0 or value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _spoken_text(value.strip(), depth)
    if isinstance(value, Mapping):
        return _spoken_mapping(value, depth)
    if isinstance(value, list | tuple):
        return _joined((spoken(each, depth - 1) for each in value[:5]), "; ")
    return str(value)


def _spoken_text(text: str, depth: int) -> str:
    if text[:1] in {"{", "["}:
        try:
            return spoken(json.loads(text), depth - 1)
        except (ValueError, RecursionError):
            return text
    return page_title(text) or "a web page" if is_page(text) else text


def _spoken_mapping(value: Mapping[object, object], depth: int) -> str:
    texts = [spoken(value[name], depth - 1) for name in _SPOKEN if name in value]
    if not any(texts):  # details by the name of a field: {"image_url": "must be a URL"}
        pairs = ((name, spoken(each, depth - 1)) for name, each in list(value.items())[:8])
        return _joined((f"{name}: {each}" for name, each in pairs if each), "; ")
    codes = [spoken(_last(value[name]), depth - 1) for name in _CODES if name in value]
    code = next((each for each in codes if each and not each.isdigit()), "")
    text = _joined(texts, "; ")
    return text if not code or code in text else f"{code}: {text}"


def _last(value: object) -> object:
    """Return the field at the end of a path ("loc": ["body", "image_url"])."""
    return value[-1] if isinstance(value, list) and value else value


def _joined(texts: Any, separator: str) -> str:
    """Join texts, without the empty and the repeated ones."""
    return separator.join(dict.fromkeys(each.strip().rstrip(".") for each in texts if each))


def _without_markup(text: str) -> str:
    """Return a text without HTML; what only looks like a tag stays ("duration < 15")."""
    if is_page(text) and (title := page_title(text)):
        return title
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text))) if "<" in text else text
