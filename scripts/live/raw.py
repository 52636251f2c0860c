"""Calls as they are: what our client turns into errors and hides is looked at here.

Nothing is repeated but what the host itself asks to repeat (429, 503), and a GET.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from wan27.api.connections import Connections, exchange
from wan27.api.host_text import plain_words, spoken
from wan27.api.key import Account
from wan27.api.protocols.port import Query
from wan27.api.retry import READ, parse_retry_after, within
from wan27.errors import HostUnreachable, UnexpectedResponse

from .contract import STUDIO_FIELDS, V3_FIELDS, Contract, Look, flat_form
from .redactor import Redactor

WRONG_KEY = "wan27-live-this-key-is-wrong"
_POLICY = replace(READ, connect_seconds=10.0, read_seconds=30.0, call_seconds=45.0)
_ATTEMPTS = 5
_LOOKS = 8
_MAX_WAIT_SECONDS = 90.0
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Seen:
    """One response; status 0 where none came, for the reason in `problem`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object in the body, {} where there is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def described(self, redactor: Redactor) -> dict[str, Any]:
        """Return the response for the report: its status, form, reason and message."""
        fields = self.json
        nested = fields.get("error")
        inner = nested if isinstance(nested, dict) else fields
        code = inner.get("reason") or inner.get("code") or inner.get("type") or ""
        message = inner.get("message") or spoken(fields)
        return {
            "status": self.status,
            "form": self.problem or redactor.clean(self._form()),
            "reason": redactor.clean(code) if isinstance(code, str) else "",
            "message": redactor.clean(message or plain_words(self.body)),
        }

    def _form(self) -> str:
        fields, start = self.json, self.body.lstrip()[:200].lower()
        if isinstance(fields.get("error"), dict):
            return "JSON with the error inside `error`"
        for names in (V3_FIELDS, STUDIO_FIELDS):
            if set(names) <= fields.keys():
                return flat_form(names)
        if fields:
            return f"JSON with {', '.join(sorted(fields)[:6])}"
        kinds = {b"<?xml": "XML", b"<error": "XML", b"<": "HTML", b"": "text" if start else "empty"}
        return next(kind for beginning, kind in kinds.items() if start.startswith(beginning))


class Raw:
    """Free calls, and requests that no host can accept, to the API's own origin.

    `busy` has the answers that asked to wait. `pause` sleeps.
    """

    def __init__(
        self, account: Account, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._account, self._pause = account, pause
        self._http = Connections(account.host).open(_POLICY)
        self.busy: list[Mapping[str, str]] = []

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, query: Query, key: str | None = None) -> Seen:
        """Return the answer to a GET. `key`: instead of the account's; "" for none."""
        seen = await self._repeat("GET", query, key, None)
        return await self._repeat("GET", query, key, None) if not seen.status else seen

    async def post(self, body: dict[str, Any]) -> Seen:
        """Return the answer to a submission that must be refused; it is sent once."""
        protocol = self._account.host.protocol
        headers = protocol.submission_headers(body)
        return await self._repeat("POST", Query(protocol.submit_path), None, body, headers)

    async def ended(self, task_id: str, contract: Contract) -> Look:
        """Return a task that must fail at once, looked at until it has; the last look if not."""
        for _ in range(_LOOKS):
            seen = await self.get(self._account.host.protocol.task_query(task_id))
            look = contract.look(seen.json)
            if look.word in contract.finals:
                break
            await self._pause(1.0)
        return look

    async def _repeat(
        self,
        method: str,
        query: Query,
        key: str | None,
        body: dict[str, Any] | None,
        headers: Mapping[str, str] | None = None,
    ) -> Seen:
        for attempt in range(_ATTEMPTS):
            seen = await self._once(method, query, key, body, headers or {})
            if seen.status not in _BUSY:
                break
            self.busy.append(seen.headers)
            if attempt < _ATTEMPTS - 1:
                asked = parse_retry_after(seen.headers.get("retry-after"))
                wait = 2.0**attempt if asked is None else asked
                await self._pause(min(wait, _MAX_WAIT_SECONDS))
        return seen

    async def _once(
        self,
        method: str,
        query: Query,
        key: str | None,
        body: dict[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Seen:
        authorization = self._account.key.authorization if key is None else f"Bearer {key}"
        sent = {"Accept-Encoding": "identity", "Content-Type": "application/json", **headers}
        if key != "":
            sent["Authorization"] = authorization
        request = self._http.build_request(
            method,
            self._account.host.base_url + query.path,
            params=dict(query.params) or None,
            content=None if body is None else json.dumps(body).encode(),
            headers=sent,
        )
        try:
            response, content = await within(_POLICY.call_seconds, exchange(self._http, request))
        except (httpx.HTTPError, httpx.StreamError, HostUnreachable) as error:
            return Seen(0, {}, b"", f"no response ({type(error).__name__})")
        except UnexpectedResponse:
            return Seen(0, {}, b"", "a response that cannot be read")
        return Seen(response.status_code, response.headers, content)


def now() -> float:
    """Return the seconds of a clock that is never set."""
    return time.monotonic()
