"""The messages of a ComfyUI server's websocket: status texts, progress, errors, results."""

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
    """A message: its kind ("progress_text", "execution_error", …), its data, and its arrival.

    `at` is in `time.monotonic`.
    """

    kind: str
    data: dict[str, Any]
    at: float = field(default_factory=time.monotonic)


class Events:
    """The messages that arrive while a `with` block runs, received in a thread.

    Status texts have the kind "progress_text" and the data `node` and `text`. `on_event` is called
    for each message, in that thread.
    """

    def __init__(
        self, url: str, client_id: str, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.seen: list[Event] = []
        self._url = f"{url.replace('http', 'ws', 1)}/ws?clientId={client_id}"
        self._on_event = on_event
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._connected = threading.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._listen_until_stopped(),), daemon=True
        )

    def __enter__(self) -> Self:
        """Connect, and return after the server's first message."""
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
        """Disconnect."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def of(self, kind: str) -> list[Event]:
        """Return the events of a kind so far, in order."""
        return [event for event in list(self.seen) if event.kind == kind]

    def texts(self, node: str | None = None) -> list[str]:
        """Return the status texts so far, of one node or of all."""
        texts = [event.data for event in self.of("progress_text")]
        return [data["text"] for data in texts if node in (None, data["node"])]

    def wait_for(
        self,
        kind: str,
        where: Callable[[dict[str, Any]], bool] = lambda _: True,
        timeout_seconds: float = 30,
    ) -> Event:
        """Wait for the first event of a kind whose data fulfil `where`, and return it.

        An event that has arrived already counts. Raises TimeoutError.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while (left := deadline - time.monotonic()) > 0:
                found = next((event for event in self.of(kind) if where(event.data)), None)
                if found is not None:
                    return found
                self._changed.wait(left)
        kinds = [event.kind for event in self.seen]
        raise TimeoutError(f"No {kind} arrived within {timeout_seconds:g} s, but {kinds}.")

    def wait_for_end(self, timeout_seconds: float = 120) -> Event:
        """Wait for the last message of a prompt, which comes after all others."""
        return self.wait_for("executing", lambda data: data["node"] is None, timeout_seconds)

    async def _listen_until_stopped(self) -> None:
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
        end = 8 + struct.unpack_from(">I", content, 4)[0]
        data = {"node": content[8:end].decode(), "text": content[end:].decode()}
        self._add(Event("progress_text", data))

    def _add(self, event: Event) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event(event)
