"""What each refusal of the API means and what its user can do about it: the hosts' reason table, as data.

Source: https://novita.ai/docs/api-reference/basic-error-code, with the reasons of the LLM table and
the SDK that hosts were seen to use. Hosts disagree on the HTTP status of one reason (a missing key
is 400, 401 or 403), so the reason decides and the status only helps out.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .. import errors
from ..errors import HostRefused
from .hosts import Host

_KEY = (
    errors.KeyRefused,
    "Check the key: it must be a key of this host, complete and not revoked. {console}",
)
_MONEY = (errors.BalanceTooLow, "Top up the account, then Run again. {console}")
_CONTENT = (errors.ContentRefused, "Change the prompt or the picture, then Run again.")
_MEDIUM = (
    errors.RequestRefused,
    "Change the picture or sound that the message speaks of, then Run again.",
)
_REQUEST = (errors.RequestRefused, "Change what the message speaks of, then Run again.")
_ALLOWED = (errors.NotAllowed, "Ask the host to open this model for your account. {console}")
_TASK = (
    errors.TaskUnknown,
    (
        "Check the task id, and that host and key are those it was submitted with; hosts also"
        " forget old tasks."
    ),
)
_SLOW = (errors.RateLimited, "Wait a minute, or run fewer videos at once.")
_HOST = (errors.HostFailed, "This is the host's own trouble. Run again in a few minutes.")

REASONS = {
    "MISSING_API_KEY": _KEY,
    "INVALID_API_KEY": _KEY,
    "FAILED_TO_AUTH": _KEY,
    "BILLING_AUTH_FAILED": _KEY,
    "BILLING_BALANCE_NOT_ENOUGH": _MONEY,
    "NOT_ENOUGH_BALANCE": _MONEY,
    "ILLEGAL_PROMPT": _CONTENT,
    "ILLEGAL_IMAGE_CONTENT": _CONTENT,
    "INVALID_REQUEST_BODY": _REQUEST,
    "IMAGE_FILE_EXCEEDS_MAX_SIZE": _MEDIUM,
    "INVALID_IMAGE_FORMAT": _MEDIUM,
    "IMAGE_EXCEEDS_MAX_RESOLUTION": _MEDIUM,
    "INVALID_IMAGE_SIZE": _MEDIUM,
    "IMAGE_NO_FACE_DETECTED": _MEDIUM,
    "INVALID_AUDIO_FILE": _MEDIUM,
    "INVALID_CUSTOM_OUTPUT_PATH": _REQUEST,
    "FEATURE_NOT_ALLOWED": _ALLOWED,
    "API_NOT_ALLOWED": _ALLOWED,
    "ACCESS_DENY": _ALLOWED,
    "NEED_REAL_NAME_VERIFY": (
        errors.NotAllowed,
        "Verify your identity at the host, then Run again. {console}",
    ),
    "API_NOT_FOUND": (
        errors.NotAllowed,
        "The host has no such model at this address; check WAN27_HOST and WAN27_BASE_URL.",
    ),
    "MODEL_NOT_FOUND": (
        errors.NotAllowed,
        "The host has no such model at this address; check WAN27_HOST and WAN27_BASE_URL.",
    ),
    "TASK_NOT_FOUND": _TASK,
    "RATE_LIMIT_EXCEEDED": _SLOW,
    "TOKEN_LIMIT_EXCEEDED": _SLOW,
    "ANONYMOUS_ACCESS_QUOTA_EXCEEDS": _KEY,
    "BILLING_FAILED": _HOST,
    "CREATE_TASK_FAILED": _HOST,
    "GET_RESULT_FAILED": _HOST,
    "TASK_FAILED": _HOST,
    "SERVICE_NOT_AVAILABLE": _HOST,
}

# Where the reason is absent or unknown.
_STATUSES = {401: _KEY, 402: _MONEY, 403: _KEY, 408: _HOST, 413: _MEDIUM, 429: _SLOW}


def parse_refusal(
    host: Host, status: int, body: bytes, retry_after_seconds: float | None = None
) -> HostRefused:
    """Return (not raise) the error for an answer whose HTTP status is not 2xx.

    `body` may be anything at all.
    """
    answer = _object(body)
    reason = answer.get("reason") if isinstance(answer.get("reason"), str) else ""
    error, advice = (
        REASONS.get(str(reason)) or _STATUSES.get(status) or (_HOST if status >= 500 else _REQUEST)
    )
    said = quote(answer.get("message") or "") or (
        "the answer was not JSON" if not answer else "no message was given"
    )
    where = f"{reason}, HTTP {status}" if reason else f"HTTP {status}"
    sentence = (
        f"{_title(host)} refused: {said} ({where}). {advice.format(console=host.console)}".strip()
    )
    return error(
        sentence, status=status, reason=str(reason), retry_after_seconds=retry_after_seconds
    )


def quote(text: object) -> str:
    """A host's words, made fit to show: one line, short, and without the signatures of addresses."""
    line = " ".join(str(text).split())
    line = "".join(letter for letter in line if letter.isprintable())
    line = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1?…", line)
    return (line[:300] + "…" if len(line) > 300 else line).rstrip(".")


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _title(host: Host) -> str:
    return host.title[:1].upper() + host.title[1:]
