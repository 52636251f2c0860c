"""Reading a host's JSON without trust: objects, and the types of their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import UnexpectedResponse
from ..host_text import plain_words, quote, spoken


def json_object(body: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in a response about `what`. Raises `UnexpectedResponse`."""
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(f"The host's response about {what} is {quote(body)}.") from None
    if not isinstance(response, dict):
        raise UnexpectedResponse(
            f"The host's response about {what} is a JSON {type(response).__name__} instead of an"
            " object."
        )
    return response


def any_json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in an error response, {} where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def message_in(response: Mapping[str, Any], body: bytes) -> str:
    """Return what an error says: its `message`, what a gateway has in its place, or its page.

    `response` is the JSON object in `body`, {} where there is none. The result is not cleaned.
    """
    if not response:
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


def task_id_in(fields: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """Return the `task_id` of an accepted submission. Raises `UnexpectedResponse` without one."""
    task_id = fields.get("task_id")
    if not isinstance(task_id, str) or not task_id.strip():
        raise UnexpectedResponse(
            "The host accepted the submission but returned no task_id; its response has"
            f" {field_names(response)}."
        )
    return task_id
