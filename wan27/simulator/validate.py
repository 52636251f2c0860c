"""The strict rules of the request body, written apart from `wan27/job.py` so that a mistake there meets a host that disagrees.

Pure: no network, no files. Numbers come from `wan27/limits.py`. That an unknown field is refused is an assumption (api.md, 9).
"""

from __future__ import annotations

from typing import Any

from .. import limits
from .refusal import Refusal, shown

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
_JSON_NAMES = {str: "a string", int: "an integer", bool: "a boolean"}
_LONGEST = {"prompt": limits.PROMPT_CHARACTERS, "negative_prompt": limits.NEGATIVE_PROMPT_CHARACTERS}
_RANGES = {"duration": limits.DURATION_SECONDS, "seed": limits.SEED}

# The API's own defaults, for what a task is rendered with. Its tier is the larger one, where the pack's is the cheaper.
API_DEFAULTS: dict[str, Any] = {
    "duration": limits.DEFAULT_DURATION_SECONDS,
    "resolution": limits.RESOLUTIONS[-1],
    "watermark": limits.DEFAULT_WATERMARK,
}


def check_body(body: Any) -> dict[str, str]:
    """Return the media that a legal body names: role -> URL. Raises Refusal (400, INVALID_REQUEST_BODY) naming the first broken rule."""
    if not isinstance(body, dict):
        raise bad(f"the body must be a JSON object, not {shown(body)}")
    _check_fields(body)
    _check_values(body)
    media = {URL_FIELDS[field]: body[field] for field in URL_FIELDS if field in body}
    _check_combination(media)
    return media


def bad(message: str) -> Refusal:
    """Return the refusal of a request body."""
    return Refusal(400, "INVALID_REQUEST_BODY", message)


def _check_fields(body: dict[str, Any]) -> None:
    for field, value in body.items():
        if field not in _TYPES:
            raise bad(f"{shown(field)} is not a field of this API; known are {', '.join(sorted(_TYPES))}")
        if type(value) is not _TYPES[field]:
            raise bad(f"{field} (current value: {shown(value)}) must be {_JSON_NAMES[_TYPES[field]]}")


def _check_values(body: dict[str, Any]) -> None:
    for field, most in _LONGEST.items():
        if len(body.get(field, "")) > most:
            raise bad(f"{field} (current length: {len(body[field])} characters) must be between 0 and {most} characters")
    for field, (least, most) in _RANGES.items():
        if field in body and not least <= body[field] <= most:
            raise bad(f"{field} (current value: {shown(body[field])}) must be between {least} and {most}")
    if "resolution" in body and body["resolution"] not in limits.RESOLUTIONS:
        raise bad(f"resolution (current value: {shown(body['resolution'])}) must be one of {', '.join(limits.RESOLUTIONS)}")
    for field in URL_FIELDS:
        if field in body and not body[field]:
            raise bad(f'{field} (current value: "") must be a URL')


def _check_combination(media: dict[str, str]) -> None:
    openers = [limits.MEDIA[role].field for role in ("first_frame", "first_clip") if role in media]
    if len(openers) != 1:
        raise bad(f"exactly one of image_url and first_clip_url must be given (current value: {' and '.join(openers) or 'neither'})")
    if frozenset(media) not in limits.COMBINATIONS:
        fields = " and ".join(limits.MEDIA[role].field for role in media)
        raise bad(f"{fields} cannot be given together")
