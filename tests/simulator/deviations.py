"""Where a script differs from the documentation in a request or in the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wan27.simulator.error_answer import ErrorAnswer, invalid_body
from wan27.simulator.exchange import Answer, ErrorShape, Received, Route, json_answer
from wan27.simulator.protocols.async_v3 import flat_error
from wan27.simulator.protocols.async_v3_rules import KNOWN_FIELDS
from wan27.simulator.protocols.model_studio_rules import KNOWN_PARAMETERS

from .script import ERRORS, Script

_PAGE = "<html><head><title>{status}</title></head><body>{reason}</body></html>"
_UNITS_PER_SECOND = 1000  # of a video, in the balance


def reshaped(route: Route, script: Script) -> Route:
    """Return a route whose errors have the script's status, reason and form."""
    return replace(route, error=lambda error: shaped(error, route.error, script))


def shaped(error: ErrorAnswer, shape: ErrorShape, script: Script) -> Answer:
    """Return an error as the script says."""
    name = ERRORS.get(error.reason, "")
    if error.reason == "InvalidApiKey":  # Model Studio's one code for both
        name = "no_key" if "No API-key" in str(error) else "wrong_key"
    status, reason = script.errors.get(name, (error.status, error.reason))
    if script.error_form == "html":
        page = _PAGE.format(status=status, reason=reason)
        return Answer(status, page.encode(), {"Content-Type": "text/html"})
    return shape(ErrorAnswer(status, reason, str(error)))


def with_known_fields(received: Received, script: Script) -> Received:
    """Return a submission without the fields that the script ignores."""
    body = received.json
    if not script.unknown_fields or not isinstance(body, dict):
        return received
    if isinstance(parameters := body.get("parameters"), dict):  # Model Studio
        return replace(received, json={**body, "parameters": _only(parameters, KNOWN_PARAMETERS)})
    return replace(received, json=_only(body, KNOWN_FIELDS))


def _only(fields: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in known}


def has_data_url(body: Any) -> bool:
    """Return whether a submission has a medium inside."""
    if isinstance(body, dict | list):
        return any(
            has_data_url(each) for each in (body.values() if isinstance(body, dict) else body)
        )
    return isinstance(body, str) and body.startswith("data:")


def with_life(result: dict[str, Any], script: Script) -> dict[str, Any]:
    """Return the object of a task with the script's life of a URL in it."""
    for video in result.get("videos", ()) if script.url_seconds else ():
        video["video_url_ttl"] = str(script.url_seconds)
    return result


def refuse_data(received: Received, script: Script) -> None:
    """Raise ErrorAnswer where the script takes only URLs."""
    if script.data == "refused" and has_data_url(received.json):
        raise invalid_body("image_url must be a URL that begins with http:// or https://")


def balance_route(script: Callable[[], Script], seconds: Callable[[], int]) -> Route:
    """Return Novita's call for the balance; `seconds` of video were bought."""

    async def answer(received: Received) -> Answer:
        left = script().balance
        if left is None:
            raise ErrorAnswer(404, "API_NOT_FOUND", "Not Found")
        if not received.headers.get("Authorization"):
            raise ErrorAnswer(400, "MISSING_API_KEY", "no key")
        left -= _UNITS_PER_SECOND * seconds()
        return json_answer(200, {"availableBalance": str(left)})

    return Route("balance", "GET", "/v3/user/balance", answer, flat_error)
