"""Every documented error reason has a class and an advice; any other response has a class."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27 import errors
from wan27.api.error_map import clean_text, parse_error
from wan27.api.hosts import HOSTS

NOVITA = HOSTS[1]

# https://novita.ai/docs/api-reference/basic-error-code, with the class that a user should meet.
DOCUMENTED = {
    (400, "INVALID_REQUEST_BODY"): errors.RequestRefused,
    (400, "IMAGE_FILE_EXCEEDS_MAX_SIZE"): errors.RequestRefused,
    (400, "INVALID_IMAGE_FORMAT"): errors.RequestRefused,
    (400, "IMAGE_EXCEEDS_MAX_RESOLUTION"): errors.RequestRefused,
    (400, "INVALID_IMAGE_SIZE"): errors.RequestRefused,
    (400, "IMAGE_NO_FACE_DETECTED"): errors.RequestRefused,
    (400, "INVALID_CUSTOM_OUTPUT_PATH"): errors.RequestRefused,
    (400, "ILLEGAL_PROMPT"): errors.ContentRefused,
    (400, "ILLEGAL_IMAGE_CONTENT"): errors.ContentRefused,
    (400, "INVALID_AUDIO_FILE"): errors.RequestRefused,
    (400, "BILLING_BALANCE_NOT_ENOUGH"): errors.BalanceTooLow,
    (400, "MISSING_API_KEY"): errors.KeyRefused,
    (403, "INVALID_API_KEY"): errors.KeyRefused,
    (403, "BILLING_AUTH_FAILED"): errors.KeyRefused,
    (403, "FEATURE_NOT_ALLOWED"): errors.NotAllowed,
    (403, "API_NOT_ALLOWED"): errors.NotAllowed,
    (403, "NEED_REAL_NAME_VERIFY"): errors.NotAllowed,
    (404, "API_NOT_FOUND"): errors.NotAllowed,
    (404, "TASK_NOT_FOUND"): errors.TaskUnknown,
    (429, "RATE_LIMIT_EXCEEDED"): errors.RateLimited,
    (500, "BILLING_FAILED"): errors.HostFailed,
    (500, "CREATE_TASK_FAILED"): errors.HostFailed,
    (500, "GET_RESULT_FAILED"): errors.HostFailed,
    (500, "TASK_FAILED"): errors.HostFailed,
    (401, "FAILED_TO_AUTH"): errors.KeyRefused,
    (403, "NOT_ENOUGH_BALANCE"): errors.BalanceTooLow,
    (429, "TOKEN_LIMIT_EXCEEDED"): errors.RateLimited,
    (503, "SERVICE_NOT_AVAILABLE"): errors.HostFailed,
    (403, "ACCESS_DENY"): errors.NotAllowed,
    (404, "MODEL_NOT_FOUND"): errors.NotAllowed,
}


def body(status, reason, message="the host's text"):
    return json.dumps(
        {"code": status, "reason": reason, "message": message, "metadata": {}}
    ).encode()


@pytest.mark.parametrize(("key", "expected"), DOCUMENTED.items())
def test_every_documented_reason_has_a_class_and_an_advice(key, expected):
    """The reason decides; the message quotes the host and says what to do."""
    status, reason = key
    error = parse_error(NOVITA, status, body(status, reason))

    assert expected is type(error)
    assert (status, reason) == (error.status, error.reason)
    assert str(error).startswith(
        f"Novita returned an error: the host's text ({reason}, HTTP {status}). "
    )
    assert len(str(error).split("). ", 1)[1]) > 20


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, errors.KeyRefused),
        (403, errors.KeyRefused),
        (429, errors.RateLimited),
        (408, errors.HostFailed),
        (500, errors.HostFailed),
        (502, errors.HostFailed),
        (504, errors.HostFailed),
        (400, errors.RequestRefused),
        (418, errors.RequestRefused),
    ],
)
@pytest.mark.parametrize(
    "response",
    [
        b"<html>Bad gateway</html>",
        b"",
        b"[]",
        b'{"reason": "NEVER_SEEN"}',
        b'{"reason": 7, "message": []}',
        b"\xff",
    ],
)
def test_without_a_known_reason_the_status_decides(status, expected, response):
    """Gateways respond in HTML, and hosts may add reasons."""
    assert expected is type(parse_error(NOVITA, status, response))


def test_the_error_carries_retry_after():
    """The retry policy reads the seconds from the error."""
    assert 2.0 == parse_error(NOVITA, 429, b"", 2.0).retry_after_seconds


def test_the_error_ends_with_the_trace_id():
    """The host's support finds the call by it."""
    answer = json.dumps({"message": "no", "metadata": {"trace_id": "4bf9 2f\n35"}}).encode()
    error = parse_error(NOVITA, 400, answer)
    assert "4bf9 2f 35" == error.trace_id
    assert str(error).endswith(", then Run again. Trace id 4bf9 2f 35.")


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {"trace_id": 7}, {"trace_id": ""}])
def test_without_a_trace_id_the_error_names_none(metadata):
    """The field is not documented, so any form of it may come."""
    error = parse_error(NOVITA, 400, json.dumps({"metadata": metadata}).encode())
    assert ("", False) == (error.trace_id, "race id" in str(error))


def test_the_trace_id_is_scrubbed():
    """A host may repeat the key anywhere."""
    answer = json.dumps({"metadata": {"trace_id": "sk-canary-7"}}).encode()
    error = parse_error(NOVITA, 400, answer, scrub=lambda text: text.replace("sk-canary", "***"))
    assert ("***-7", False) == (error.trace_id, "canary" in str(error))


def test_a_quoted_text_is_one_short_line_without_signatures():
    """A host's text cannot fill the screen, forge lines, or leak the signature of a URL."""
    text = clean_text(
        "bad\n\nimage\x1b[31m at https://b.example/x.png?X-Amz-Signature=secret now." + "x" * 900
    )
    assert text.startswith("bad image[31m at https://b.example/x.png?… now.")
    assert len(text) <= 301


@given(st.integers(300, 599), st.binary(max_size=100))
def test_any_response_has_an_error(status, response):
    """No status and no body raises another error."""
    assert isinstance(parse_error(NOVITA, status, response), errors.HostRefused)


@pytest.mark.parametrize("message", ["bad key sk\0-can\0ary", "x" * 295 + "sk-canary"])
def test_a_text_is_scrubbed_before_it_is_cut_and_after_it_is_cleaned(message):
    """Control characters inside a key, or a cut in its middle, would hide it from the search."""
    error = parse_error(
        NOVITA,
        400,
        body(400, "sk-canary", message),
        scrub=lambda text: text.replace("sk-canary", "***"),
    )
    assert "***" == error.reason
    assert ("***" in str(error), "sk-ca" in str(error)) == (True, False)
