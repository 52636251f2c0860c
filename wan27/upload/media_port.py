"""A port for media alone (WAN27_SERVE_PORT), so that a tunnel to it never exposes ComfyUI.

It answers GET and HEAD of a file that is being served, and 404 to everything else. One connection
carries one request: no body is read, and nothing after the first empty line counts. It runs in a
thread with an event loop of its own: a busy ComfyUI and a slow client do not hold up each other.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import ipaddress
import os
import re
import socket
import threading
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from ..errors import InvalidSetting
from .serving_folder import PATH, ServingFolder

VARIABLE = "WAN27_SERVE_PORT"

_T = TypeVar("_T")
_REQUEST = re.compile(rb"(GET|HEAD) %b([^/?\s]+)(?:\?\S*)? HTTP/1\.[01]\r\n" % PATH.encode())
_RANGE = re.compile(rb"\r\nRange:[ \t]*bytes=(\d{0,18})-(\d{0,18})[ \t]*\r\n", re.IGNORECASE)

_HEADER_SECONDS = 10.0  # strangers know no file, so this is all that they can hold a connection for
_CHUNK_SECONDS = 60.0
_HEADER_BYTES = 16 * 1024
_CHUNK_BYTES = 256 * 1024
_CONNECTIONS = 256
_READS_KNOWN = 1000

_HEADERS = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
_NOT_FOUND = f"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n{_HEADERS}".encode()


class Address(NamedTuple):
    """What the port listens on: an IP address of this machine, and a number."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_serve_port(value: str) -> Address:
    """Return the address of a value of WAN27_SERVE_PORT; a number alone means this machine only.

    Raises `InvalidSetting`.
    """
    host, _, number = value.strip().rpartition(":")
    host = {"": "127.0.0.1", "localhost": "127.0.0.1"}.get(host, host)
    is_number = number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536
    with contextlib.suppress(ValueError):
        if is_number:
            return Address(str(ipaddress.ip_address(host.strip("[]"))), int(number))
    raise InvalidSetting(
        f"The setting {VARIABLE} is {value!r}. Set a port such as 8189, or 0.0.0.0:8189 for a"
        " proxy on another machine, or unset it to serve media from ComfyUI's own port."
    )


class MediaPort:
    """One address where the files of one folder can be read, until this process ends."""

    def __init__(self, address: Address, folder: Path) -> None:
        """Listen on the address; port 0 takes any free one. Raises `OSError`."""
        self._folder = ServingFolder(folder)
        self._read: deque[str] = deque(maxlen=_READS_KNOWN)
        self._connections = 0
        is_v6 = ":" in address.host
        self._socket = socket.create_server(
            address,
            family=socket.AF_INET6 if is_v6 else socket.AF_INET,
            dualstack_ipv6=address.host == "::" and socket.has_dualstack_ipv6(),
        )
        self.address = Address(address.host, self._socket.getsockname()[1])
        self._loop, self._ended = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=VARIABLE, daemon=True)
        self._thread.start()

    def is_open(self) -> bool:
        """Return whether it still listens."""
        return self._thread.is_alive()

    def was_read(self, name: str) -> bool:
        """Return whether a file was requested here of late."""
        return name in self._read

    def close(self) -> None:
        """Stop listening, and end what is being read."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop), self._socket:
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket, limit=_HEADER_BYTES)
        await self._ended.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the connections close in it

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= _CONNECTIONS:
                # What a client does wrong, or too slowly, ends its connection and nothing else.
                with contextlib.suppress(
                    OSError, TimeoutError, asyncio.TimeoutError, EOFError, asyncio.LimitOverrunError
                ):
                    await self._respond(reader, writer)
        finally:
            self._connections -= 1
            writer.close()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await _within(_HEADER_SECONDS, reader.readuntil(b"\r\n\r\n"))
        request = _REQUEST.match(head)
        opened = self._open(request[2].decode("latin-1")) if request else None
        if request is None or opened is None:
            writer.write(_NOT_FOUND)
        else:
            file, content_type = opened
            with file:
                size = os.fstat(file.fileno()).st_size
                is_get = request[1] == b"GET"
                start, stop, status = _part(head, size) if is_get else (0, size, "")
                writer.write(_head(status, content_type, start, stop, size))
                if is_get:
                    await _send(writer, file, start, stop)
        await _within(_CHUNK_SECONDS, writer.drain())

    def _open(self, name: str) -> tuple[BinaryIO, str] | None:
        found = self._folder.find(name)
        if found is None:
            return None
        path, content_type = found
        try:
            file = path.open("rb")
        except OSError:  # deleted just now
            return None
        self._read.append(name)
        return file, content_type


def _part(head: bytes, size: int) -> tuple[int, int, str]:
    """Return the first byte to send, the one after the last, and the status; "" for the whole.

    Several ranges are answered by the whole file, as any server may.
    """
    found = _RANGE.search(head)
    if found is None or not (found[1] or found[2]) or b"\r\nif-range:" in head.lower():
        return 0, size, ""
    if not found[1]:
        start, stop = max(0, size - int(found[2])), size
    else:
        start, stop = int(found[1]), min(size, int(found[2] or size) + 1)
        if found[2] and int(found[2]) < start:
            return 0, size, ""
    if start >= size:
        return 0, 0, "416 Range Not Satisfiable"
    return start, stop, "206 Partial Content"


def _head(status: str, content_type: str, start: int, stop: int, size: int) -> bytes:
    lines = [f"HTTP/1.1 {status or '200 OK'}", f"Content-Length: {stop - start}"]
    if status.startswith("416"):
        lines.append(f"Content-Range: bytes */{size}")
    else:
        lines += [f"Content-Type: {content_type}", "Accept-Ranges: bytes"]
        if status:
            lines.append(f"Content-Range: bytes {start}-{stop - 1}/{size}")
    return "\r\n".join([*lines, _HEADERS]).encode()


async def _send(writer: asyncio.StreamWriter, file: BinaryIO, start: int, stop: int) -> None:
    file.seek(start)
    while start < stop and (chunk := file.read(min(_CHUNK_BYTES, stop - start))):
        start += len(chunk)
        writer.write(chunk)
        await _within(_CHUNK_SECONDS, writer.drain())


async def _within(seconds: float, call: Coroutine[Any, Any, _T]) -> _T:
    return await asyncio.wait_for(call, seconds)


_opening = threading.Lock()
_open: dict[tuple[Address, Path], MediaPort] = {}


def open_media_port(value: str, folder: Path, comfyui_port: int | None) -> MediaPort:
    """Return the port that a value of WAN27_SERVE_PORT names; open it if it is not open.

    It stays open until this process ends, also under another value: running tasks read from it.
    Raises `InvalidSetting`.
    """
    address = parse_serve_port(value)
    if address.port == comfyui_port:
        raise InvalidSetting(
            f"The setting {VARIABLE} is {value}, which is ComfyUI's own port. Set another one."
        )
    with _opening:
        port = _open.get((address, folder))
        if port is None or not port.is_open():
            try:
                port = MediaPort(address, folder)
            except OSError as error:
                raise InvalidSetting(
                    f"The setting {VARIABLE} is {value}, and {_reason(error)}. Set another one."
                ) from error
            atexit.register(port.close)
            _open[address, folder] = port
        return port


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program, perhaps another ComfyUI, already uses that port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have that address"
    if isinstance(error, PermissionError):
        return "the system does not allow ComfyUI to open that port"
    return f"that port cannot be opened ({error.strerror})"
