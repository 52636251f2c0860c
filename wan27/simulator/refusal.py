"""The flat error body of the API: `code` repeats the HTTP status as a number, `metadata` is an object, here always empty.

Reasons: https://novita.ai/docs/api-reference/basic-error-code; the shape was observed on answers of the same host (api.md, 1.1).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

_SHOWN_CHARACTERS = 80

# The word that goes with a status where a script gives none.
_USUAL_REASONS = {
    400: "INVALID_REQUEST_BODY",
    401: "FAILED_TO_AUTH",
    403: "INVALID_API_KEY",
    404: "TASK_NOT_FOUND",
    429: "RATE_LIMIT_EXCEEDED",
    500: "CREATE_TASK_FAILED",
    503: "SERVICE_NOT_AVAILABLE",
}


class Refusal(Exception):
    """The host does not do what it was asked; `body` is what it says."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def body(self) -> dict[str, Any]:
        """The error body, as an object."""
        return error_body(self.status, self.reason, str(self))


def error_body(status: int, reason: str = "", message: str = "") -> dict[str, Any]:
    """Return the flat error body of a status, with the usual words where none are given."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "error"
    return {"code": status, "reason": reason or _USUAL_REASONS.get(status, ""), "message": message or phrase, "metadata": {}}


def shown(value: object) -> str:
    """Return a value as it may stand in a message: as JSON, and short, since a picture may come as 27 MB of text."""
    try:
        text = json.dumps(value[:_SHOWN_CHARACTERS] if isinstance(value, str) else value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
