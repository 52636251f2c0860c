"""The rules of the request body. They do not use `wan27/job.py`, so a mistake there is found here.

Pure. Numbers come from `wan27/limits.py`. That a host refuses unknown fields is an assumption.
"""

from __future__ import annotations

from typing import Any

from ... import limits
from ..error_answer import invalid_body, invalid_field, shown

URL_FIELDS = {medium.field: role for role, medium in limits.MEDIA.items()}

# field -> its type in JSON. Compared exactly: in Python a bool would pass for an int.
_TYPES: dict[str, type] = {
    **dict.fromkeys(URL_FIELDS, str),
    "prompt": str,
    "negative_prompt": str,
    "duration": int,
    "resolution": str,
    "prompt_extend": bool,
    "watermark": bool,
    "seed": int,
}
KNOWN_FIELDS = frozenset(_TYPES)
_JSON_NAMES = {str: "a string", int: "an integer", bool: "a boolean"}
_LONGEST = {
    "prompt": limits.PROMPT_CHARACTERS,
    "negative_prompt": limits.NEGATIVE_PROMPT_CHARACTERS,
}
_RANGES = {"duration": limits.DURATION_SECONDS, "seed": limits.SEED}

# The API's own defaults, for the rendering. Its tier is the larger one; the pack's is the cheaper.
API_DEFAULTS: dict[str, Any] = {
    "duration": limits.DEFAULT_DURATION_SECONDS,
    "resolution": limits.RESOLUTIONS[-1],
    "watermark": limits.DEFAULT_WATERMARK,
}


def check_body(body: Any) -> dict[str, str]:
    """Return the media of a legal body: role -> URL. Raises ErrorAnswer for a broken rule."""
    if not isinstance(body, dict):
        raise invalid_body(f"the body must be a JSON object, not {shown(body)}")
    _check_fields(body)
    _check_values(body)
    media = {URL_FIELDS[field]: body[field] for field in URL_FIELDS if field in body}
    _check_combination(media)
    return media


def _check_fields(body: dict[str, Any]) -> None:
    for field, value in body.items():
        if field not in _TYPES:
            known = ", ".join(sorted(_TYPES))
            raise invalid_body(f"{shown(field)} is not a field of this API; known are {known}")
        if type(value) is not _TYPES[field]:
            raise invalid_field(field, value, f"must be {_JSON_NAMES[_TYPES[field]]}")


def _check_values(body: dict[str, Any]) -> None:
    for field, most in _LONGEST.items():
        length = len(body.get(field, ""))
        if length > most:
            rule = f"must be between 0 and {most} characters"
            raise invalid_body(f"{field} (current length: {length} characters) {rule}")
    for field, (least, most) in _RANGES.items():
        if field in body and not least <= body[field] <= most:
            raise invalid_field(field, body[field], f"must be between {least} and {most}")
    if body.get("resolution", limits.RESOLUTIONS[0]) not in limits.RESOLUTIONS:
        tiers = ", ".join(limits.RESOLUTIONS)
        raise invalid_field("resolution", body["resolution"], f"must be one of {tiers}")
    for field in URL_FIELDS:
        if body.get(field) == "":
            raise invalid_field(field, "", "must be a URL")


def _check_combination(media: dict[str, str]) -> None:
    openings = [limits.MEDIA[role].field for role in ("first_frame", "first_clip") if role in media]
    if len(openings) != 1:
        given = " and ".join(openings) or "neither"
        rule = "exactly one of image_url and first_clip_url must be given"
        raise invalid_body(f"{rule} (current value: {given})")
    if frozenset(media) not in limits.COMBINATIONS:
        fields = " and ".join(limits.MEDIA[role].field for role in media)
        raise invalid_body(f"{fields} cannot be given together")
