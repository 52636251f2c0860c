"""An answer as a value: a status, headers, and a body that is bytes or a part of a file. Nothing here does network I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .faults import Fault

from .refusal import error_body

_CHUNK_BYTES = 64 * 1024
_JUNK = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes of a file from `start` on; read when sent, so that a video is never whole in memory."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Content-Length is not among the headers: it is the length of the body."""

    status: int
    body: bytes | Span = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """The bytes of the body."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.length

    def shortened(self, length: int) -> Answer:
        """Return this answer with only the first `length` bytes of its body."""
        body = self.body[:length] if isinstance(self.body, bytes) else replace(self.body, length=min(length, self.body.length))
        return replace(self, body=body)

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of the body from `start` up to `stop`."""
        if isinstance(self.body, bytes):
            yield self.body[start:stop]
            return
        with self.body.path.open("rb") as file:
            file.seek(self.body.start + start)
            left = min(stop, self.body.length) - start
            while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


def json_answer(status: int, value: Any) -> Answer:
    """Return an answer that carries a value as JSON."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def xml_error(status: int, code: str, message: str) -> Answer:
    """Return an error as object stores write it."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})


def scripted_answer(fault: Fault, status: int) -> Answer:
    """Return what a fault says instead: its own body, or the usual error body of `status`, or for a 200 something that is not JSON."""
    if isinstance(fault.body, str):
        return Answer(status, fault.body.encode(), {"Content-Type": "text/html"})
    if fault.body is not None:
        return json_answer(status, fault.body)
    if fault.on == "download" and status >= 400:
        return xml_error(status, fault.reason or "InternalError", "scripted")
    if status < 400:
        return Answer(status, _JUNK.encode(), {"Content-Type": "text/html"})
    return json_answer(status, error_body(status, fault.reason))
