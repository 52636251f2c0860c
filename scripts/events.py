"""Listen to a ComfyUI server's websocket in a thread: status texts, progress, errors, results, each with its time."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from typing_extensions import Self

_BINARY_TEXT = 3  # the server's number for a status text


@dataclass(frozen=True)
class Event:
    """One message: its kind ("progress_text", "execution_error", …), its data, and when it came (`time.monotonic`)."""

    kind: str
    data: dict[str, Any]
    at: float = field(default_factory=time.monotonic)


class Events:
    """What a server says while a `with` block runs. Texts arrive as kind "progress_text" with `node` and `text`."""

    def __init__(
        self, url: str, client_id: str, on_event: Callable[[Event], None] | None = None
    ) -> None:
        """`on_event` is called for each event, in the listening thread."""
        self.seen: list[Event] = []
        self._url = f"{url.replace('http', 'ws', 1)}/ws?clientId={client_id}"
        self._on_event = on_event
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._connected = threading.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._listen_until_told(),), daemon=True
        )

    def __enter__(self) -> Self:
        """Connect, and return once the server has greeted."""
        self._thread.start()
        if not self._connected.wait(30):
            raise TimeoutError("The server's websocket did not answer within 30 s.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def of(self, kind: str) -> list[Event]:
        """Return the events of a kind so far, in order."""
        return [event for event in list(self.seen) if event.kind == kind]

    def texts(self, node: str | None = None) -> list[str]:
        """Return the status texts so far, of one node or of all."""
        return [
            event.data["text"]
            for event in self.of("progress_text")
            if node in (None, event.data["node"])
        ]

    def wait_for(
        self,
        kind: str,
        where: Callable[[dict[str, Any]], bool] = lambda _: True,
        timeout_seconds: float = 30,
    ) -> Event:
        """Wait for the first event of a kind (also one already seen) whose data fulfil `where`."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while True:
                found = next((event for event in self.of(kind) if where(event.data)), None)
                if found is not None:
                    return found
                if (
                    not self._changed.wait(max(0.0, deadline - time.monotonic()))
                    and time.monotonic() >= deadline
                ):
                    raise TimeoutError(
                        f"No {kind} came within {timeout_seconds:g} s; seen: {[event.kind for event in self.seen]}"
                    )

    async def _listen_until_told(self) -> None:
        self._stop = asyncio.Event()
        listening = asyncio.ensure_future(self._listen())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (listening, stopping):
            task.cancel()
        await asyncio.gather(listening, stopping, return_exceptions=True)

    async def _listen(self) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self._url, max_msg_size=0) as socket,
        ):
            async for message in socket:
                self._connected.set()
                if message.type == aiohttp.WSMsgType.TEXT:
                    content = json.loads(message.data)
                    self._add(Event(content["type"], content.get("data") or {}))
                elif message.type == aiohttp.WSMsgType.BINARY:
                    self._add_binary(message.data)

    def _add_binary(self, content: bytes) -> None:
        if struct.unpack_from(">I", content)[0] != _BINARY_TEXT:
            return
        length = struct.unpack_from(">I", content, 4)[0]
        self._add(
            Event(
                "progress_text",
                {"node": content[8 : 8 + length].decode(), "text": content[8 + length :].decode()},
            )
        )

    def _add(self, event: Event) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event(event)
