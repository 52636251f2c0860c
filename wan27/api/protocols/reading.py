"""Reading a host's JSON without trust: objects, and the types of their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import UnexpectedResponse
from ..host_text import clean_text, plain_words, quote, spoken
from .port import Status


def json_object(body: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in a response about `what`. Raises `UnexpectedResponse`."""
    try:
        response = _load(body)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(f"The host's response about {what} is {quote(body)}.") from None
    if not isinstance(response, dict):
        raise UnexpectedResponse(
            f"The host's response about {what} is a JSON {type(response).__name__} instead of an"
            f" object: {clean_text(json.dumps(response))[:200]}."
        )
    return response


def any_json_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON in an error response: another value than an object as its message.

    None where it is no JSON.
    """
    try:
        value = _load(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else {"message": value}


def _load(body: bytes) -> Any:
    """Return the JSON value that a body begins with. Raises `ValueError` or `RecursionError`.

    Gateways append to it, cut letters in two and write what JSON does not allow in a text: none of
    that may cost the id of a paid task.
    """
    text = body.decode(json.detect_encoding(body), "replace")
    text = text.strip("\ufeff \t\r\n\0")
    value, end = _DECODER.raw_decode(text)
    if end < len(text) and not isinstance(value, dict | list):
        raise ValueError("a text that begins with a number")
    return value


def _whole_number(digits: str) -> int | float:
    # Python refuses to read thousands of digits as an int.
    return int(digits) if len(digits) < 100 else float(digits)


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number)


def message_in(response: Mapping[str, Any] | None, body: bytes) -> str:
    """Return what an error says: its `message`, what a gateway has in its place, or its page.

    `response` is the JSON in `body`, None where there is none. The result is not cleaned.
    """
    if response is None:
        return plain_words(body)
    usual = spoken(response.get("message"))
    if usual or not any(name in response for name in ("error", "errors", "msg", "detail")):
        return usual
    apart = {"reason", "metadata"}
    return spoken({name: each for name, each in response.items() if name not in apart})


def field_names(response: Mapping[str, Any]) -> str:
    """Return the names of a response's fields: enough for a report, and no signed URL."""
    names = ", ".join(sorted(str(name)[:30] for name in response)[:10])
    return f"the fields {names}" if names else "no fields"


def number(value: object) -> float | None:
    """Return a number, which some hosts send as a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if 0 <= parsed < 1e9 else None


def text(value: object) -> str:
    """Return a text, "" for anything else."""
    return value if isinstance(value, str) else ""


def identifier(value: object) -> str:
    """Return an id, which some hosts send as a number; "" for anything else."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def task_id_in(fields: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """Return the `task_id` of an accepted submission. Raises `UnexpectedResponse` without one."""
    task_id = fields.get("task_id")
    if not isinstance(task_id, str) or not task_id.strip():
        raise UnexpectedResponse(
            "The host accepted the submission but returned no task_id; its response is"
            f" {clean_text(json.dumps(response))[:200]}."
        )
    return task_id


def status_in(statuses: Mapping[str, Status], word: str) -> Status:
    """Return the status that a protocol has for a word. Raises `UnexpectedResponse` for others."""
    if word not in statuses:
        raise UnexpectedResponse(
            f"The host reports the status {clean_text(word)[:80]!r} for the task, unknown to this"
            " pack."
        )
    return statuses[word]
