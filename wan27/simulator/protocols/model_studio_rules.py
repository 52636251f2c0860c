"""The rules of a Model Studio body, without `wan27/job.py`: a mistake there is found here.

Pure. Numbers come from `wan27/limits.py`. Messages are those that the host was seen to use, where
one was seen. That it refuses unknown fields is an assumption.
"""

from __future__ import annotations

from typing import Any

from ... import limits
from ..error_answer import ErrorAnswer, shown

_INPUT: dict[str, type] = {"prompt": str, "negative_prompt": str, "media": list}
# The host's own Python package adds these two, which its reference does not list.
_INPUT |= {"extend_prompt": bool, "function": str}
_PARAMETERS: dict[str, type] = {
    "resolution": str,
    "duration": int,
    "prompt_extend": bool,
    "watermark": bool,
    "seed": int,
}
KNOWN_PARAMETERS = frozenset(_PARAMETERS)
_MEDIUM: dict[str, type] = {"type": str, "url": str}
_JSON_NAMES = {str: "string", int: "integer", bool: "boolean", list: "list"}
_RANGES = {"duration": limits.DURATION_SECONDS, "seed": limits.SEED}


def check_body(body: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the media of a legal body (role -> URL) and its other values, flat.

    Raises ErrorAnswer for a broken rule.
    """
    _check_fields("", body, {"model": str, "input": dict, "parameters": dict})
    given, parameters = body.get("input"), body.get("parameters", {})
    if not isinstance(given, dict):
        raise invalid("Field required: input")
    _check_fields("input.", given, _INPUT)
    _check_fields("parameters.", parameters, _PARAMETERS)
    _check_values(parameters)
    media = _media(given)
    flat = {name: given[name] for name in ("prompt", "negative_prompt") if name in given}
    return media, flat | parameters


def invalid(message: str) -> ErrorAnswer:
    """Return the error for a body that breaks a rule."""
    return ErrorAnswer(400, "InvalidParameter", message)


def in_its_words(error: ErrorAnswer) -> ErrorAnswer:
    """Return the error for a medium that was refused in the words of the other protocol."""
    message = str(error)
    for role, medium in limits.MEDIA.items():
        message = message.replace(medium.field, role)
    return invalid(message)


def _check_fields(path: str, fields: dict[str, Any], types: dict[str, type]) -> None:
    for name, value in fields.items():
        if name not in types:
            raise invalid(f"Extra inputs are not permitted: {path}{shown(name)}")
        if type(value) is not types[name]:
            kind = _JSON_NAMES.get(types[name], "object")
            raise invalid(f"Input should be a valid {kind}: {path}{name}")


def _check_values(parameters: dict[str, Any]) -> None:
    for name, (least, most) in _RANGES.items():
        if name in parameters and not least <= parameters[name] <= most:
            raise invalid(f"{name.title()} should be between {least} and {most}")
    if parameters.get("resolution", limits.RESOLUTIONS[0]) not in limits.RESOLUTIONS:
        raise invalid("Input should be '1080P' or '720P': parameters.resolution")


def _media(given: dict[str, Any]) -> dict[str, str]:
    items = given.get("media")
    if not items:
        raise invalid("Field required: input.media")
    media: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict) or set(item) != set(_MEDIUM):
            raise invalid("Each of input.media should have a type and a url")
        _check_fields("input.media.", item, _MEDIUM)
        if item["type"] not in limits.MEDIA:
            raise invalid(f"Input should be one of {', '.join(limits.MEDIA)}: input.media.type")
        if item["type"] in media:
            raise invalid(f"input.media has more than one {item['type']}")
        media[item["type"]] = item["url"]
    if frozenset(media) not in limits.COMBINATIONS:
        raise invalid(f"input.media does not support {' + '.join(media)}")
    return media
