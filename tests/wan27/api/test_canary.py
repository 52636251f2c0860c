"""No error, log line or copy shows the key, whatever a host responds."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import logging
import pickle
import traceback
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.download import Download
from wan27.api.key import Key
from wan27.api.retry import DOWNLOAD, READ, SUBMIT
from wan27.errors import Wan27Error

from .conftest import KEY
from .raw_host import response

LETTERS = "".join(f"\\u{ord(letter):04X}" for letter in KEY)
FORMS = {
    "plain": KEY,
    "upper case": KEY.upper(),
    "percent": quote(KEY, safe=""),
    "every letter percent": "".join(f"%{ord(letter):02x}" for letter in KEY),
    "json": KEY.replace("/", "\\/"),
    "json letters": LETTERS,
    "python": repr(KEY.encode()),
    "html": "".join(f"&#{ord(letter)};" for letter in KEY),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "basic": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
}
# The parts of the key that nothing may show: its middle, plain and in each form.
TRACES = [
    KEY[6:16].lower(),
    *(form[len(form) // 4 : -len(form) // 4].lower() for form in FORMS.values()),
]

PLAYS = {
    "401 body": lambda form: response(
        json.dumps({"reason": "INVALID_API_KEY", "message": "bad key "}).encode()[:-2]
        + form
        + b'"}',
        "401 No",
    ),
    "400 reason": lambda form: response(b'{"reason": "' + form + b'"}', "400 No"),
    "utf-16": lambda form: response(
        json.dumps({"message": form.decode()}).encode("utf-16"), "400 No"
    ),
    "nul letters": lambda form: response(
        json.dumps({"message": "\0".join(form.decode())}).encode(), "400 No"
    ),
    "cut quotation": lambda form: response(b"x" * 50 + form),
    "cut message": lambda form: response(b'{"message": "' + b"x" * 290 + form + b'"}', "400 No"),
    "field name": lambda form: response(b'{"' + form + b'": 1}'),
    "status word": lambda form: response(b'{"task": {"status": "' + form + b'"}}'),
    "reason phrase": lambda form: response(b"", "500 " + form.decode()),
    "header": lambda form: response(
        b"", "429 No", "Retry-After: " + form.decode(), "X-Echo: " + form.decode()
    ),
    "redirect": lambda form: response(
        b"", "302 Found", "Location: http://127.0.0.1:9/" + form.decode()
    ),
    "no http": lambda form: form + b"\r\n\r\n",
    "broken header": lambda form: b"HTTP/1.1 200 OK\r\n" + form + b" : x\r\n\r\n",
    "broken length": lambda form: b"HTTP/1.1 200 OK\r\nContent-Length: " + form + b"\r\n\r\n",
    "broken redirect": lambda form: response(
        b"", "302 Found", "Location: http://[" + form.decode()
    ),
    "silence": lambda _: b"",
}


def chain(error):
    """Yield an error and all of its causes and contexts, suppressed or not."""
    while error is not None:
        yield error
        yield from chain(error.__cause__)
        error = error.__context__


def shown(error):
    """Return all that a log, a report or a debugger could show of an error."""
    texts = ["".join(traceback.format_exception(type(error), error, error.__traceback__))]
    for each in chain(error):
        texts += [
            str(each),
            repr(each),
            repr(each.args),
            repr(getattr(each, "reason", "")),
            "".join(traceback.format_exception_only(each)),
        ]
    return "\n".join(texts)


def found(text):
    """Return the traces of the key in a text."""
    return [trace for trace in TRACES if trace in text.lower()]


async def ask(client):
    """Ask for a task, and close the connections in their own event loop."""
    try:
        await client.task("t1")
    finally:
        await client.aclose()


@pytest.fixture
def make_brief_client(make_client):
    """Make clients with short timeouts."""
    return lambda url: make_client(
        url, submitting=replace(SUBMIT, call_seconds=2), reading=replace(READ, call_seconds=2)
    )


# Every form where bodies, headers and broken lines are read, a few everywhere else.
CASES = [
    (play, form)
    for play in PLAYS
    for form in FORMS
    if play in {"401 body", "header", "no http"} or form in {"plain", "percent", "json letters"}
]


@pytest.mark.parametrize(("play", "form"), CASES)
def test_a_key_that_a_host_quotes_is_not_shown(raw_host, make_brief_client, caplog, play, form):
    """Errors, their chains and the DEBUG logs are free of it, in whatever spelling."""
    caplog.set_level(logging.DEBUG)
    given = PLAYS[play](FORMS[form].encode())
    raw_host.play, client = (lambda peer: peer.respond(given)), make_brief_client(raw_host.base_url)
    with pytest.raises(Wan27Error) as submitting:
        client.submit({"prompt": "a boat"})
    with pytest.raises(Wan27Error) as reading:
        asyncio.run(ask(client))
    assert b"canary" in raw_host.requests[0]
    assert [] == found(shown(submitting.value) + shown(reading.value) + caplog.text)


def test_no_object_with_the_key_shows_it(make_client):
    """Not by the repr and str of all that could be printed; and the key cannot be copied."""
    client = make_client("http://127.0.0.1:9")
    request = httpx.Request("POST", "http://127.0.0.1:9", headers=client._headers())
    holders = [
        client,
        client._account,
        client._account.key,
        client._connections,
        client.http,
        client._api,
        request,
        request.headers,
    ]
    assert [] == found("".join(f"{each!r}{each}" for each in holders))
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            copying(client._account.key)


async def test_a_download_neither_carries_the_key_nor_logs_its_url(
    raw_host, make_client, caplog, tmp_path
):
    """The query of a signed URL opens the file: errors and logs leave it out, in redirects too."""
    caplog.set_level(logging.DEBUG)
    hop = response(
        b"", "302 Found", "Location: /v.mp4?X-Amz-Signature=hidden2", "Set-Cookie: a=hidden3"
    )
    responses = [hop, response(b"", "418 hidden4", "X: hidden5")]
    raw_host.play, client = (
        (lambda peer: peer.respond(responses.pop(0))),
        make_client(raw_host.base_url),
    )
    download = Download(
        client.http,
        raw_host.base_url + "/v.mp4?X-Amz-Signature=hidden1",
        None,
        None,
        None,
        policy=DOWNLOAD,
    )
    with pytest.raises(Wan27Error) as raised:
        await download.to(tmp_path / "t1.mp4", asyncio.sleep)
    await client.aclose()
    assert "hidden" not in shown(raised.value) + caplog.text
    assert [] == found("".join(bytes(request).decode() for request in raw_host.requests))


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    st.text(max_size=30),
    st.data(),
)
def test_any_key_is_found_in_any_mixture_of_spellings(value, around, data):
    """Each letter may be escaped in its own way; the text around it stays."""
    try:
        key = Key(value, "x")
    except Wan27Error:
        return
    value = key.authorization.removeprefix("Bearer ")
    if len(value) < 8:
        return
    ways = [
        str,
        str.swapcase,
        lambda c: f"%{ord(c):02X}",
        lambda c: f"\\u{ord(c):04x}",
        lambda c: f"&#{ord(c)};",
    ]
    written = "".join(data.draw(st.sampled_from(ways))(letter) for letter in value)
    assert value.lower() not in key.scrub(around + written + around).lower().replace(
        around.lower() or "\0", ""
    )
