"""Each assumption beside what was seen: the URL of the video, its server, the file, the charge."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .contract import SECONDS, TIER, Contract
from .facts import Facts
from .rows import Row, row

_TOLERANCE = 0.05  # of a life that is counted from an end: it began some seconds earlier
_SIZE = (816, 1104)  # of an image of 3:4 at 720P, as documented upstream
_FPS = 30


def url_rows(facts: Facts, contract: Contract, *, is_local: bool) -> Iterator[Row]:
    """Yield the rows about the URL and its server."""
    url, whole = facts["url"], facts["download"]
    if not url or not whole:
        return
    life = contract.url_seconds
    ttl, query = url["ttl_field"], url["ttl_query"]
    if contract.name == "async_v3":
        yield row("URL", f"video_url_ttl is {life}", ttl, ttl == str(life) if ttl else None)
    seen = "" if query is None else f"{query} s ({url['ttl_parameter']})"
    same = None if query is None else abs(query - life) <= _TOLERANCE * life
    yield row("URL", f"its query gives it {life} s", seen, same)
    fresh = url["is_signed_afresh"]
    words = {True: "another URL", False: "the same URL", None: ""}
    yield row("URL", "a second look has a new URL", words[fresh], fresh)
    is_other, is_safe = bool(facts["is_other_origin"]), url["scheme"] == "https" or is_local
    origin = f"{url['scheme']}, {'another' if is_other else 'the API’s own'} origin"
    yield row("URL", "it is https, of its own origin", origin, is_other and is_safe)
    yield from _server_rows(facts, whole)


def _server_rows(facts: Facts, whole: dict[str, Any]) -> Iterator[Row]:
    if whole["status"] != 200:
        yield row("Download", "HTTP 200", _status(whole), False)
        return
    redirects = whole["redirects"]
    yield row("Download", "no redirects", f"{redirects} redirects", not redirects)
    first = whole["first_byte_seconds"]
    yield row("Download", "time to the first byte (any)", f"{first} s", True)
    kind = whole["content_type"]
    yield row("Download", "Content-Type is video/mp4", kind or "none", kind == "video/mp4")
    length = whole["has_length"]
    yield row("Download", "it has a Content-Length", "yes" if length else "none", length)
    coding = whole["content_encoding"]
    yield row("Download", "no Content-Encoding", coding or "none", coding in ("", "identity"))
    yield row("Download", "the ETag is strong", whole["etag"], whole["etag"] == "strong")
    part = facts["range"]
    is_part = part["status"] == 206 and part["bytes"] == 100 and part["content_range"]
    seen = "HTTP 206, those bytes" if is_part else f"{_status(part)}, not those bytes"
    yield row("Download", "Range is honored", seen, bool(is_part))
    head = facts["head"]
    yield row("Download", "HEAD is refused", _status(head), _is_refused(head))
    foreign = facts["foreign_key"]
    assumption = "an Authorization header is refused with HTTP 400"
    yield row("Download", assumption, _status(foreign), foreign["status"] == 400)
    changed = facts["changed_url"]
    yield row("Download", "a changed URL is HTTP 403", _status(changed), changed["status"] == 403)


def film_rows(facts: Facts) -> Iterator[Row]:
    """Yield the rows about the file."""
    film = facts["film"]
    if not film:
        return
    kind = f"{film['codec']} {film['profile']} {film['format']}"
    same = (film["codec"], film["format"]) == ("h264", "yuv420p")
    yield row("File", "H.264, yuv420p", " ".join(kind.split()), same)
    size, width, height = (film["width"], film["height"]), *_SIZE
    assumption = f"{width} × {height} of 480 × 640: sides rounded down to multiples of 16"
    yield row("File", assumption, f"{size[0]} × {size[1]}", size == _SIZE)
    fps = Fraction(film["fps"])
    shown = f"{float(fps):.6g} fps"
    yield row("File", f"{_FPS} fps", shown, fps == _FPS)
    expected = SECONDS * fps
    seen = f"{film['frames']} frames, {film['seconds']:g} s ({float(expected):g} frames expected)"
    yield row("File", f"{SECONDS} s to the frame", seen, film["frames"] == expected)
    tags = [film[name] for name in ("matrix", "primaries", "transfer", "range")]
    seen = ", ".join(f"{name} {tag}" for name, tag in zip(_TAGS, tags, strict=True))
    yield row("File", "tagged BT.709, limited range", seen, tags == ["BT.709"] * 3 + ["limited"])
    if film["matrix"] == "untagged":
        measured = film["measured_matrix"]
        is_709 = measured == "BT.709" if measured else None
        yield row("File", "colors without a tag are BT.709", measured, is_709)
    turned, mirrored, aspect = film["degrees"], film["is_mirrored"], film["sample_aspect"]
    seen = f"{turned}°{', mirrored' if mirrored else ''}, pixels of {aspect}:1"
    is_plain = (turned, mirrored, aspect) == (0, False, "1")
    yield row("File", "not rotated or mirrored, square pixels", seen, is_plain)
    begins = film["begins_with_image"]
    yield row(
        "File", "it begins with the image", "yes" if begins else "not certain", begins or None
    )
    yield from _sound_rows(film["sound"])


_TAGS = ("matrix", "primaries", "transfer", "range")


def _sound_rows(sound: dict[str, Any] | None) -> Iterator[Row]:
    if sound is None:
        yield row("File", "AAC, stereo, 44.1 kHz", "no sound", False)
        return
    found = (sound["codec"], sound["channels"], sound["rate"])
    seen = f"{found[0]}, {found[1]} channels, {found[2] / 1000:g} kHz"
    yield row("File", "AAC, stereo, 44.1 kHz", seen, found == ("aac", 2, 44100))
    length = sound["seconds"]
    same = None if length is None else abs(length - SECONDS) < 0.05
    yield row("File", "the sound is as long as the video", f"{length} s", same)


def cost_rows(facts: Facts, estimate: str) -> Iterator[Row]:
    """Yield the row about the charge; `estimate` "" where no price is known."""
    charged = facts["charged"]
    assumption = f"{SECONDS} s at {TIER} cost {estimate or 'an unknown amount'}"
    seen = charged or ("the balance had not changed" if charged == "" else "see the bill")
    if facts["film"] or facts["end"]:
        yield row("Cost", assumption, seen, charged == estimate if charged and estimate else None)


def _status(answer: dict[str, Any]) -> str:
    return f"HTTP {answer['status']}" if answer["status"] else "no response"


def _is_refused(answer: dict[str, Any]) -> bool | None:
    return answer["status"] >= 400 if answer["status"] else None
