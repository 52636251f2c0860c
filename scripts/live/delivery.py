"""The URL of a finished video, and how its server answers. Free: it is the same file again.

No key goes there: the Authorization header that is tried is made up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from wan27.errors import Wan27Error

from .raw import now

_PART_BYTES = 100
_REDIRECTS = 5
_FOREIGN = {"Authorization": "Bearer made-up-by-make-live"}
# The parameters of S3, GCS, TOS and OSS (version 4) that hold a life in seconds; those of OSS, COS,
# CloudFront and Qiniu that hold an end (epoch seconds); Azure's, a date.
_LIVES = ("x-amz-expires", "x-goog-expires", "x-tos-expires", "x-oss-expires")
_ENDS = ("expires", "e", "x-expires")


async def inspect(http: httpx.AsyncClient, url: str, api_url: str) -> dict[str, Any]:
    """Return the facts about the URL's server, by their names. `http` has no key."""
    whole = await _ask(http, url)
    part = await _ask(http, url, headers={"Range": f"bytes=0-{_PART_BYTES - 1}"})
    return {
        "download": whole,
        "range": {name: part.get(name) for name in ("status", "bytes", "content_range")},
        "head": {"status": (await _ask(http, url, method="HEAD"))["status"]},
        "foreign_key": {"status": (await _ask(http, url, headers=_FOREIGN))["status"]},
        "changed_url": {"status": (await _ask(http, _changed(url)))["status"]},
        "is_other_origin": urlsplit(url)[:2] != urlsplit(api_url)[:2],
    }


def url_facts(url: str, ttl: str, again: str, now_seconds: float) -> dict[str, Any]:
    """Return what a signed URL says of itself; `again` is that of a later look, "" for none."""
    life, parameter = life_of(url, now_seconds)
    return {
        "scheme": urlsplit(url).scheme,
        "ttl_field": ttl,
        "ttl_query": life,
        "ttl_parameter": parameter,
        "is_signed_afresh": again != url if again else None,
    }


def life_of(url: str, now_seconds: float) -> tuple[int | None, str]:
    """Return the seconds that a URL lives by its query, and the parameter that says so."""
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    for name in _LIVES:
        if query.get(name, "").isdecimal():
            return int(query[name]), name
    for name in ("q-sign-time", "q-key-time"):
        start, _, end = query.get(name, "").partition(";")
        if start.isdecimal() and end.isdecimal():
            return int(end) - int(start), name
    for name in _ENDS:
        if re.fullmatch(r"\d{9,11}", query.get(name, "")):
            return round(int(query[name]) - now_seconds), name
    try:
        end_date = datetime.fromisoformat(query.get("se", "").replace("Z", "+00:00"))
    except ValueError:
        return None, ""
    if end_date.tzinfo is None:
        end_date = end_date.replace(tzinfo=timezone.utc)
    return round(end_date.timestamp() - now_seconds), "se"


def host_time(headers: Mapping[str, str]) -> float:
    """Return the server's time in epoch seconds, this machine's where it says none."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()


async def _ask(
    http: httpx.AsyncClient,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the status and the headers of an answer; its body is not read to the end."""
    began, redirects = now(), 0
    try:
        request = http.build_request(
            method, url, headers={"Accept-Encoding": "identity", **(headers or {})}
        )
        while True:
            response = await http.send(request, stream=True)
            try:
                if response.next_request is None or redirects == _REDIRECTS:
                    return await _described(response, began, redirects)
            finally:
                await response.aclose()
            redirects, request = redirects + 1, response.next_request
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, Wan27Error) as error:
        return {"status": 0, "problem": type(error).__name__, "redirects": redirects}


async def _described(response: httpx.Response, began: float, redirects: int) -> dict[str, Any]:
    count, first = 0, None
    if response.request.method != "HEAD":
        async for chunk in response.aiter_raw():
            first = first or round(now() - began, 2)
            count += len(chunk)
            if count > _PART_BYTES:
                break
    headers, etag = response.headers, response.headers.get("etag", "")
    is_weak = etag.startswith("W/")
    length = headers.get("content-length", "")
    return {
        "status": response.status_code,
        "redirects": redirects,
        "first_byte_seconds": first,
        "bytes": count,
        "content_type": headers.get("content-type", "").partition(";")[0].strip().lower()[:40],
        "has_length": length.isdecimal(),
        "content_encoding": headers.get("content-encoding", "")[:20],
        "content_range": bool(re.match(r"bytes 0-99/\d+$", headers.get("content-range", ""))),
        "accept_ranges": headers.get("accept-ranges", "")[:20],
        "etag": "weak" if is_weak else "strong" if etag.startswith('"') else "none",
        "last_modified": "last-modified" in headers,
    }


def _changed(url: str) -> str:
    """Return a signed URL with another last character, which no signature covers by chance."""
    return url[:-1] + ("0" if url[-1] != "0" else "1")
