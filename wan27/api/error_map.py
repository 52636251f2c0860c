"""The hosts' error reasons: for each, our error and what the user can do.

Source: https://novita.ai/docs/api-reference/basic-error-code, with the reasons of the LLM table and
the SDK that hosts were seen to use. Hosts disagree on the HTTP status of one reason (a missing key
is 400, 401 or 403), so the reason decides, and the status only where it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .. import errors
from ..errors import HostRefused
from .hosts import Host

_KEY = (
    errors.KeyRefused,
    "Check the key: it must be from this host, complete and not revoked. {console}",
)
_MONEY = (errors.BalanceTooLow, "Top up the account, then Run again. {console}")
_CONTENT = (errors.ContentRefused, "Change the prompt or the image, then Run again.")
_MEDIUM = (
    errors.RequestRefused,
    "Change the image or audio that the message names, then Run again.",
)
_REQUEST = (errors.RequestRefused, "Change the input that the message names, then Run again.")
_ALLOWED = (errors.NotAllowed, "Ask the host to enable this model for your account. {console}")
_IDENTITY = (errors.NotAllowed, "Verify your identity at the host, then Run again. {console}")
_MODEL = (
    errors.NotAllowed,
    "The host has no such model at this address: check WAN27_HOST and WAN27_BASE_URL.",
)
_TASK = (
    errors.TaskUnknown,
    (
        "Check the task id, and use the host and the key it was submitted with. Hosts delete old"
        " tasks after a while."
    ),
)
_RATE = (errors.RateLimited, "Wait a minute, or run fewer videos at once.")
_HOST = (errors.HostFailed, "This is an error at the host. Run again in a few minutes.")

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
    "NEED_REAL_NAME_VERIFY": _IDENTITY,
    "API_NOT_FOUND": _MODEL,
    "MODEL_NOT_FOUND": _MODEL,
    "TASK_NOT_FOUND": _TASK,
    "RATE_LIMIT_EXCEEDED": _RATE,
    "TOKEN_LIMIT_EXCEEDED": _RATE,
    "ANONYMOUS_ACCESS_QUOTA_EXCEEDS": _KEY,
    "BILLING_FAILED": _HOST,
    "CREATE_TASK_FAILED": _HOST,
    "GET_RESULT_FAILED": _HOST,
    "TASK_FAILED": _HOST,
    "SERVICE_NOT_AVAILABLE": _HOST,
}

# Where the reason is absent or unknown.
_STATUSES = {401: _KEY, 402: _MONEY, 403: _KEY, 408: _HOST, 413: _MEDIUM, 429: _RATE}


def parse_error(
    host: Host,
    status: int,
    body: bytes,
    retry_after_seconds: float | None = None,
    scrub: Callable[[str], str] = str,
) -> HostRefused:
    """Return (not raise) the error for a response whose HTTP status is not 2xx.

    `body` may be any bytes. `scrub` removes the key from each of the host's texts.
    """
    refusal = host.protocol.parse_refusal(body)
    reason = clean_text(refusal.reason, scrub)
    error, advice = (
        REASONS.get(reason) or _STATUSES.get(status) or (_HOST if status >= 500 else _REQUEST)
    )
    message = clean_text(refusal.message, scrub)
    if not message:
        message = "no message was given" if refusal.is_json else "the response was not JSON"
    detail = f"{reason}, HTTP {status}" if reason else f"HTTP {status}"
    return error(
        f"{host.title_first} returned an error: {message} ({detail})."
        f" {advice.format(console=host.console)}".strip(),
        status=status,
        reason=reason,
        retry_after_seconds=retry_after_seconds,
        trace_id=clean_text(refusal.trace_id, scrub),
    )


def clean_text(text: object, scrub: Callable[[str], str] = str) -> str:
    """Return a host's text fit to show: one short line without the key and signed URLs.

    Only what is printed can spell the key, and only a whole key can be found: so `scrub` comes
    after the one and before the other.
    """
    line = " ".join(str(text).split())
    line = scrub("".join(letter for letter in line if letter.isprintable()))
    line = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1?…", line)
    return (line[:300] + "…" if len(line) > 300 else line).rstrip(".")
