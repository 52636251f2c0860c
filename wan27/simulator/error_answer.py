"""The errors that a host answers with; each route writes them in its own shape."""

from __future__ import annotations

import json

_SHOWN_CHARACTERS = 80


class ErrorAnswer(Exception):
    """An error for the client: HTTP status, the host's word for the reason, and a message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def invalid_body(message: str) -> ErrorAnswer:
    """Return the error for a request body that breaks a rule."""
    return ErrorAnswer(400, "INVALID_REQUEST_BODY", message)


def invalid_field(field: str, value: object, rule: str) -> ErrorAnswer:
    """Return the error for a field of the request body, with its value."""
    return invalid_body(f"{field} (current value: {shown(value)}) {rule}")


def shown(value: object) -> str:
    """Return a value as short JSON for a message: an image in the wrong field is 27 MB of text."""
    try:
        text = json.dumps(value[:_SHOWN_CHARACTERS] if isinstance(value, str) else value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
