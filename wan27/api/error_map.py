"""The hosts' error responses: each becomes our error, with the host's words and an advice.

Sources: https://novita.ai/docs/api-reference/basic-error-code, with the reasons of the LLM table
and the SDK that hosts were seen to use; https://help.aliyun.com/zh/model-studio/error-code. Hosts
disagree on the HTTP status of one reason (a missing key is 400, 401 or 403), so the reason decides;
without one the host's words, and then the status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..errors import HostRefused
from . import advice
from .advice import Kind
from .host_text import clean_text, without_quotes
from .hosts import Host
from .words import kind_of

REASONS = {
    "MISSING_API_KEY": advice.KEY,
    "INVALID_API_KEY": advice.KEY,
    "FAILED_TO_AUTH": advice.KEY,
    "BILLING_AUTH_FAILED": advice.KEY,
    "BILLING_BALANCE_NOT_ENOUGH": advice.MONEY,
    "NOT_ENOUGH_BALANCE": advice.MONEY,
    "ILLEGAL_PROMPT": advice.CONTENT,
    "ILLEGAL_IMAGE_CONTENT": advice.CONTENT,
    "INVALID_REQUEST_BODY": advice.REQUEST,
    "IMAGE_FILE_EXCEEDS_MAX_SIZE": advice.MEDIUM,
    "INVALID_IMAGE_FORMAT": advice.MEDIUM,
    "IMAGE_EXCEEDS_MAX_RESOLUTION": advice.MEDIUM,
    "INVALID_IMAGE_SIZE": advice.MEDIUM,
    "IMAGE_NO_FACE_DETECTED": advice.MEDIUM,
    "INVALID_AUDIO_FILE": advice.MEDIUM,
    "INVALID_CUSTOM_OUTPUT_PATH": advice.REQUEST,
    "FEATURE_NOT_ALLOWED": advice.ALLOWED,
    "API_NOT_ALLOWED": advice.ALLOWED,
    "ACCESS_DENY": advice.ALLOWED,
    "NEED_REAL_NAME_VERIFY": advice.IDENTITY,
    "API_NOT_FOUND": advice.MODEL,
    "MODEL_NOT_FOUND": advice.MODEL,
    "TASK_NOT_FOUND": advice.TASK,
    "RATE_LIMIT_EXCEEDED": advice.RATE,
    "TOKEN_LIMIT_EXCEEDED": advice.RATE,
    "ANONYMOUS_ACCESS_QUOTA_EXCEEDS": advice.KEY,
    "BILLING_FAILED": advice.HOST,
    "CREATE_TASK_FAILED": advice.HOST,
    "GET_RESULT_FAILED": advice.HOST,
    "TASK_FAILED": advice.HOST,
    "SERVICE_NOT_AVAILABLE": advice.HOST,
    # Model Studio's codes, in capitals and without what follows a dot ("Throttling.RateQuota").
    "INVALIDAPIKEY": advice.KEY,
    "ARREARAGE": advice.MONEY,
    "DATAINSPECTIONFAILED": advice.CONTENT,
    "IPINFRINGEMENTSUSPECT": advice.PROTECTED,
    "INVALIDPARAMETER": advice.REQUEST,
    "INVALIDURL": advice.DOWNLOAD,
    "UNSUPPORTEDOPERATION": advice.REQUEST,
    "ACCESSDENIED": advice.ALLOWED,
    "MODEL": advice.ALLOWED,
    "WORKSPACE": advice.ALLOWED,
    "MODELNOTFOUND": advice.MODEL,
    "ALLOCATIONQUOTA": advice.QUOTA,
    "THROTTLING": advice.RATE,
    "INTERNALERROR": advice.HOST,
    "SERVICEUNAVAILABLE": advice.HOST,
}
# Reasons that leave open what is wrong: the words may know more. The class of the error stays.
_OPEN = (
    *("INVALID_REQUEST_BODY", "INVALID_IMAGE_FORMAT", "CREATE_TASK_FAILED", "TASK_FAILED"),
    *("INVALIDPARAMETER", "INTERNALERROR"),
)

# Where the reason is absent or unknown, and so are the words.
_STATUSES = {
    401: advice.KEY,
    402: advice.MONEY,
    403: advice.FORBIDDEN,
    404: advice.ADDRESS,
    405: advice.ADDRESS,
    407: advice.PROXY,
    408: advice.HOST,
    413: advice.MEDIUM,
    429: advice.RATE,
    511: advice.LOGIN,
}
# Their class is certain, whatever the words: it decides what is repeated, and what is not.
_CERTAIN_STATUSES = frozenset({401, 402, 404, 408, 429})
# They come from a proxy or a network, whatever else their pages say.
_ON_THE_WAY = frozenset({407, 511})


def parse_error(
    host: Host,
    status: int,
    body: bytes,
    retry_after_seconds: float | None = None,
    scrub: Callable[[str], str] = str,
    *,
    inline: bool = False,
    given: Iterable[str] = (),
) -> HostRefused:
    """Return (not raise) the error for a response whose HTTP status is not 2xx.

    `body` may be any bytes. `scrub` removes the key from each of the host's texts. `inline`: images
    were sent inside the request. `given` are the user's own texts in it.
    """
    refusal = host.protocol.parse_refusal(body)
    reason, said = clean_text(refusal.reason, scrub), clean_text(refusal.message, scrub)
    details = clean_text(refusal.details, scrub)
    details = "" if details in said else details
    words = "; ".join(filter(None, (said, details and f"details: {details}")))
    own_words = without_quotes(f"{reason} {words}", given)
    kind, by_words, help_ = _kinds(status, reason, own_words, inline=inline)
    nothing = "no message was given" if refusal.is_json else "the response was not JSON"
    nothing = nothing if body.strip() else "the response was empty"
    detail = f"{reason}, HTTP {status}" if reason else f"HTTP {status}"
    return kind.error(
        f"{host.title_first} returned an error: {words or nothing} ({detail})."
        f" {help_.sentence(host)}",
        status=status,
        reason=reason,
        retry_after_seconds=retry_after_seconds,
        trace_id=clean_text(refusal.trace_id, scrub),
        words=words,
        by_words=by_words,
    )


def _kinds(status: int, reason: str, words: str, *, inline: bool) -> tuple[Kind, bool, Kind]:
    """Return the kind of the error, whether only its words show it, and the kind of the advice."""
    name = re.sub(r"[\W_]+", "_", reason.upper()).strip("_")
    if name not in REASONS and "." in reason:
        name = reason.partition(".")[0].upper()
    known, meant = REASONS.get(name), kind_of(words, inline=inline)
    if status == 413 and known is None:
        meant = advice.URL_WANTED if inline else None
    if status in _ON_THE_WAY:
        meant = None
    if known is not None:
        return known, False, (meant or known) if name in _OPEN else known
    usual = advice.HOST if status >= 500 else _STATUSES.get(status, advice.REQUEST)
    if meant is None:
        return usual, False, _STATUSES.get(status, usual)
    if status >= 500 or status in _CERTAIN_STATUSES:
        return usual, False, meant
    return meant, True, meant
