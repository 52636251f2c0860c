"""Every documented error reason has a class and an advice; any other response has a class."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27 import errors
from wan27.api.error_map import parse_error
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


@pytest.mark.parametrize(
    "body", [{"metadata": {"trace_id": 77}}, {"trace_id": "77"}, {"trace_id": 77, "metadata": []}]
)
def test_a_trace_id_is_found_where_hosts_put_it(body):
    """As a number too, and beside the message."""
    assert "77" == parse_error(NOVITA, 400, json.dumps(body).encode()).trace_id


@pytest.mark.parametrize(
    ("status", "response", "expected"),
    [
        (400, b"{}", "no message was given (HTTP 400)"),
        (403, b"", "the response was empty (HTTP 403)"),
        (400, b'["bad", {"msg": "worse"}]', ": bad; worse (HTTP 400)"),
        (400, b'"only a text"', ": only a text (HTTP 400)"),
        (400, b'{"message": "followed"} by\0', ": followed (HTTP 400)"),
        (400, b'{"message": "line\nbreak \xe9"}', ": line break \ufffd (HTTP 400)"),
        (400, b'{"message": "big", "n": ' + b"9" * 5000 + b"}", ": big (HTTP 400)"),
        (404, b"404 page not found", "page not found (HTTP 404). The host has no such call at"),
        (405, b"", 'check "Host" and "API address"'),
        (407, b"<html><title>Proxy Authentication</title>", "set HTTPS_PROXY to http://user"),
    ],
)
def test_what_a_response_says_is_found_in_any_form(status, response, expected):
    """JSON of any kind, and what a gateway makes of it."""
    assert expected in str(parse_error(NOVITA, status, response))


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {"trace_id": [7]}, {"trace_id": ""}])
def test_without_a_trace_id_the_error_names_none(metadata):
    """The field is not documented, so any form of it may come."""
    error = parse_error(NOVITA, 400, json.dumps({"metadata": metadata}).encode())
    assert ("", False) == (error.trace_id, "race id" in str(error))


def test_the_trace_id_is_scrubbed():
    """A host may repeat the key anywhere."""
    answer = json.dumps({"metadata": {"trace_id": "sk-canary-7"}}).encode()
    error = parse_error(NOVITA, 400, answer, scrub=lambda text: text.replace("sk-canary", "***"))
    assert ("***-7", False) == (error.trace_id, "canary" in str(error))


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ("image_url: too small", "image_url: too small"),
        (["a is wrong.", "b is wrong", {"field": "c", "message": "is wrong"}], "b is wrong; c: is"),
        ({"image_url": ["must be a string"]}, "image_url: must be a string"),
        ('{"errors": {"duration": "must be 5"}}', "errors: duration: must be 5"),
        ({"a": [[[[[[[{"b": 1}]]]]]]]}, ""),
        ("x" * 99 + " " + "y" * 900, "x" * 40),
        (["data:image/png;base64," + "iVBORw0KGgo" * 500], "data:…"),
        (7, "7"),
        (None, ""),
        ([], ""),
    ],
)
def test_the_details_are_shown_within_bounds(details, shown):
    """JieKou puts the field there; any form of it may come."""
    answer = json.dumps({"message": "no", "metadata": {"details": details}}).encode()
    message = str(parse_error(NOVITA, 400, answer))
    assert (True, bool(shown)) == (shown in message, "details: " in message)
    assert (True, False) == (len(message) < 600, "iVBOR" in message)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": "x", "message": "no such thing"}},
        {"msg": "no such thing"},
        {"detail": [{"loc": ["body", "a"], "msg": "no such thing"}]},
        {"code": 400, "message": json.dumps({"error": json.dumps({"message": "no such thing"})})},
        {"message": {"text": "no such thing"}},
    ],
)
def test_the_words_are_found_where_a_gateway_put_them(answer):
    """Another envelope, or JSON inside a string."""
    message = str(parse_error(NOVITA, 400, json.dumps(answer).encode()))
    assert ("no such thing" in message, "{" in message) == (True, False)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("balance not enough", errors.BalanceTooLow),
        ("Insufficient balance", errors.BalanceTooLow),
        ("INSUFFICIENT_BALANCE", errors.BalanceTooLow),
        ("账户余额不足,请充值", errors.BalanceTooLow),
        ("账号已欠费", errors.BalanceTooLow),
        ("exceeded the RPM limit of your tier", errors.RateLimited),
        ("Rate-Limit exceeded", errors.RateLimited),
        ("RateLimitExceeded", errors.RateLimited),
        ("too many requests, slow down", errors.RateLimited),
        ("请求过于频繁,触发限流", errors.RateLimited),
        ("the API key is invalid", errors.KeyRefused),
        ("无效的令牌", errors.KeyRefused),
        ("请先完成实名认证", errors.NotAllowed),
        ("input is sensitive", errors.ContentRefused),
        ("", errors.KeyRefused),
        ("forbidden", errors.KeyRefused),
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda words: {"reason": "", "message": words, "metadata": {}},
        lambda words: {"message": "", "metadata": {"details": [words]}},
        lambda words: {"reason": "FORBIDDEN", "message": json.dumps({"msg": words})},
    ],
)
def test_a_403_is_told_apart_by_its_words(words, kind, wrap):
    """Balance, rate limit and key need different help; where nothing tells, all are named."""
    error = parse_error(NOVITA, 403, json.dumps(wrap(words)).encode())
    assert kind is type(error)
    if words in {"", "forbidden"}:
        for each in ("check the key", "the account has money", "the limit of requests"):
            assert each in str(error)


def test_words_repeat_nothing():
    """They are advice and no proof: what may be sent again is decided by status and reason."""
    by_words = parse_error(NOVITA, 403, body(403, "", "rate limit exceeded"))
    proven = parse_error(NOVITA, 429, body(429, "", "balance not enough"))
    assert (True, errors.RateLimited) == (by_words.by_words, type(by_words))
    assert (False, errors.RateLimited) == (proven.by_words, type(proven))
    assert errors.HostFailed is type(parse_error(NOVITA, 500, body(500, "", "rate limit")))
    assert errors.RequestRefused is type(parse_error(NOVITA, 404, body(404, "", "task not found")))


@pytest.mark.parametrize(
    ("status", "page", "shown", "help_"),
    [
        (403, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", "Attention", "VPN"),
        (403, "error code: 1020", "error code: 1020", "VPN"),
        (522, "<html><head><title>h | 522: Connection timed out</title>", "522:", "few minutes"),
        (502, "<html>\r\n<head><title>502 Bad Gateway</title></head>", "502 Bad", "few minutes"),
        (511, "<html><h1>Hotel &amp; <b>WiFi</b></h1>", "Hotel & WiFi", "log in there"),
        (407, "<html></html>", "a web page", "set HTTPS_PROXY"),
        (503, "upstream connect error", "upstream connect error", "few minutes"),
        (500, "\ufeff<?xml version='1.0'?><Error/>", "a web page", "few minutes"),
    ],
)
def test_a_page_of_a_gateway_is_named_without_its_markup(status, page, shown, help_):
    """It answered in the host's place; its title is what a person can use."""
    message = str(parse_error(NOVITA, status, page.encode()))
    assert (True, True, False) == (shown in message, help_ in message, "<" in message)


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
