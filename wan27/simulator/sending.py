"""How a request is received and its answer sent, and where a scripted fault gets in between. The only place that touches a connection.

The order is the order of money: before the body was read nothing can have been created; once the handler has run, the task exists
whatever the client gets to see.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from .answer import Answer, json_answer, scripted_answer
from .record import Received, Record
from .refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .faults import Fault, Faults

    Handler = Callable[[Received], Awaitable[Answer]]

_GLANCE_SECONDS = 0.05  # how often a stalled answer looks whether anybody still waits for it


class Connection:
    """Serves requests: notes them, asks a handler for the answer, and lets the script spoil it."""

    def __init__(self, record: Record, faults: Callable[[], Faults], stopping: asyncio.Event) -> None:
        self._record = record
        self._faults = faults
        self._stopping = stopping

    def at(self, place: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the aiohttp handler of a place whose answers `handler` gives."""

        async def serve(request: web.Request) -> web.StreamResponse:
            received = Received(place, request.method, request.path, dict(request.query), request.headers, self._faults().take(place))
            self._record.arrived(received)
            try:
                return await self._serve(request, received, handler)
            except ConnectionError:
                return _cut(request)  # the client left; there is nobody to tell

        return serve

    async def _serve(self, request: web.Request, received: Received, handler: Handler) -> web.StreamResponse:
        fault = received.fault
        if fault and fault.do == "drop_before_body":
            return _cut(request)
        try:
            received.read(await request.read())
        except web.HTTPRequestEntityTooLarge as error:
            return await self._send(request, json_answer(413, Refusal(413, "INVALID_REQUEST_BODY", str(error)).body), None)
        self._record.body_arrived(received)
        if fault and fault.do == "status":
            return await self._send(request, _spoiled(scripted_answer(fault, fault.status), fault), None)
        answer = await _ask(handler, received)
        if fault and fault.do == "drop_after_body":
            return _cut(request)
        return await self._send(request, _spoiled(answer, fault), fault)

    async def _send(self, request: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
        if fault and fault.do == "stall" and fault.after_bytes is None and not await self._stall(request, fault):
            return _cut(request)
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = answer.length
        await response.prepare(request)
        struck = fault is not None and (fault.do == "truncate" or (fault.do == "stall" and fault.after_bytes is not None))
        pause = _pause(answer, fault) if struck else 0
        await _write(response, answer, 0, pause)
        if struck and fault and (fault.do == "truncate" or not await self._stall(request, fault)):
            return _cut(request, response)
        await _write(response, answer, pause, answer.length)
        await response.write_eof()
        return response

    async def _stall(self, request: web.Request, fault: Fault) -> bool:
        """Wait; False when the client or the simulator went away meanwhile."""
        loop = asyncio.get_running_loop()
        end = None if fault.seconds is None else loop.time() + fault.seconds
        while end is None or loop.time() < end:
            if self._stopping.is_set() or request.transport is None or request.transport.is_closing():
                return False
            await asyncio.sleep(_GLANCE_SECONDS if end is None else min(_GLANCE_SECONDS, end - loop.time()))
        return True


async def _ask(handler: Handler, received: Received) -> Answer:
    try:
        return await handler(received)
    except Refusal as refusal:
        return json_answer(refusal.status, refusal.body)


def _spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """Return the answer as the fault leaves it."""
    if fault is None:
        return answer
    if fault.do == "status_after_body":
        answer = scripted_answer(fault, fault.status)
    if fault.do == "wrong_content":
        answer = scripted_answer(fault, 200)
    if fault.do == "wrong_length":
        answer = answer.shortened(_pause(answer, fault))
    return replace(answer, headers={**answer.headers, **fault.headers})


def _pause(answer: Answer, fault: Fault | None) -> int:
    """Return after how many bytes the fault strikes; half of them where it does not say."""
    return answer.length // 2 if fault is None or fault.after_bytes is None else min(fault.after_bytes, answer.length)


async def _write(response: web.StreamResponse, answer: Answer, start: int, stop: int) -> None:
    for chunk in answer.chunks(start, stop):
        if chunk:
            await response.write(chunk)


def _cut(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """End the connection; with a response under way what was written still gets out, without one nothing does."""
    if request.transport is not None:
        if response is None:
            request.transport.abort()
        else:
            request.transport.close()
    return response or web.Response()
