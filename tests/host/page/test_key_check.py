"""The check of a key, with what is left on the account: that part never fails a key."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

KEY = "sk-canary-9"
UNKNOWN = (404, b'{"code": 404, "reason": "TASK_NOT_FOUND", "message": "task not found"}')


@pytest.fixture
def host():
    """A host that answers each path as a test says; `paths` has every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            server.paths.append(path)
            server.keys.append(self.headers["Authorization"])
            status, body = server.answers.get(path, (404, b"404 page not found"))
            if callable(body):
                body = body()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.paths, server.keys = [], []
    server.answers = {"/v3/async/task-result": UNKNOWN}
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def check(pack, host):
    """Return a function that checks the key of a host that lives at the address of `host`."""
    hosts = {each.name: each for each in pack("wan27.api.hosts").HOSTS}

    async def check(name="novita"):
        settings = pack("host.settings.store").Settings(
            None,
            {
                "WAN27_HOST": name,
                hosts[name].key_variable: KEY,
                "WAN27_BASE_URL": f"http://127.0.0.1:{host.server_port}",
            },
        )
        answer = await pack("host.page.key_check").check_key(settings)
        assert KEY not in json.dumps(answer)
        return answer["ok"], answer["message"]

    return check


ACCEPTED = "Novita accepts the key."


@pytest.mark.parametrize("value", ['"123456"', "123456", "123456.0"])
async def test_novita_s_balance_is_shown_in_dollars(check, host, value):
    """It comes in 1/10000 USD, as a text or a number."""
    host.answers["/v3/user/balance"] = (200, b'{"availableBalance": %s}' % value.encode())
    assert (True, f"{ACCEPTED} Balance: $12.35.") == await check()
    assert ["/v3/async/task-result", "/v3/user/balance"] == host.paths
    assert {f"Bearer {KEY}"} == set(host.keys)


async def test_ppio_s_balance_is_shown_without_a_unit(check, host):
    """Its page names none, and a guess could be wrong by 10000."""
    host.answers["/v3/user"] = (200, b'{"credit_balance": 123456, "name": "x"}')
    expected = "PPIO accepts the key. Balance: 123456, in PPIO's own unit."
    assert (True, expected) == await check("ppio")


async def test_jiekou_has_no_known_call(check, host):
    """None is tried."""
    assert (True, "JieKou accepts the key.") == await check("jiekou")
    assert ["/v3/async/task-result"] == host.paths


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"404 page not found"),
        (400, b'{"code": 400, "reason": "FUSION_MODEL_NOT_FOUND", "message": "no"}'),
        (401, b'{"code": 401, "reason": "FAILED_TO_AUTH", "message": "no"}'),
        (403, b'{"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "no"}'),
        (429, b""),
        (500, b"<html>"),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'"availableBalance"'),
        (200, b"[" * 100_000),
        (200, b"{}"),
        (200, b'{"availableBalance": null}'),
        (200, b'{"availableBalance": true}'),
        (200, b'{"availableBalance": "NaN"}'),
        (200, b'{"availableBalance": Infinity}'),
        (200, b'{"availableBalance": "1e999999"}'),
        (200, b'{"availableBalance": "sk-canary-9"}'),
        (200, b'{"availableBalance": {"value": 1}}'),
        (200, b"x" * 2_000_000),
    ],
    ids=lambda answer: f"{answer[0]} {answer[1][:40]!r}",
)
async def test_an_odd_answer_about_the_balance_fails_no_key(check, host, answer):
    """The key was proved by the call before it."""
    host.answers["/v3/user/balance"] = answer
    assert (True, ACCEPTED) == await check()


async def test_a_slow_answer_about_the_balance_is_not_waited_for(check, host, pack, monkeypatch):
    """The user waits for the check of the key."""
    monkeypatch.setattr(pack("host.page.key_check"), "_BALANCE_SECONDS", 0.3)
    done = threading.Event()
    host.answers["/v3/user/balance"] = (200, lambda: done.wait(20) and b"")
    began = time.monotonic()
    assert (True, ACCEPTED) == await check()
    assert time.monotonic() - began < 10
    done.set()


async def test_a_refused_key_is_not_asked_for_a_balance(check, host):
    """The balance follows a key that works."""
    host.answers["/v3/async/task-result"] = (401, b'{"reason": "FAILED_TO_AUTH"}')
    ok, message = await check()
    assert (False, True) == (ok, "Check the key" in message)
    assert ["/v3/async/task-result"] == host.paths


MODELS = (200, b'{"request_id": "r", "output": {"models": [{"model": "wan2.7-i2v"}]}}')
POLICY = (200, b'{"request_id": "r", "data": {"policy": "p"}}')


@pytest.mark.parametrize(
    ("models", "policy", "paths"),
    [
        (MODELS, (404, b""), ["/api/v1/models"]),
        ((404, b"404 page not found"), POLICY, ["/api/v1/models", "/api/v1/uploads"]),
        ((403, b'{"code": "AccessDenied"}'), POLICY, ["/api/v1/models", "/api/v1/uploads"]),
    ],
)
async def test_alibaba_s_key_is_proved_by_one_of_two_free_calls(check, host, models, policy, paths):
    """A workspace or gateway may not have the first."""
    host.answers |= {"/api/v1/models": models, "/api/v1/uploads": policy}
    assert (True, "Alibaba accepts the key.") == await check("alibaba")
    assert paths == host.paths


async def test_only_a_401_refuses_alibaba_s_key(check, host):
    """It may be a key of the other region; anything else says nothing of the key."""
    host.answers["/api/v1/models"] = (401, b'{"code": "InvalidApiKey", "message": "no"}')
    ok, message = await check("alibaba")
    assert (False, True) == (ok, "choose the host Alibaba China for a key of Beijing" in message)
    host.answers["/api/v1/models"] = (404, b"")
    ok, message = await check("alibaba")
    assert (False, True) == (ok, message.startswith("The key was not checked"))
