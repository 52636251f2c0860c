"""The second origin: an object store that serves finished videos by signed address, as S3, COS and OSS do.

A foreign Authorization header is refused, an expired address is refused, Range is honoured, and errors are XML and not the API's JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .answer import Answer, Span, xml_error
from .signing import Signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .record import Received
    from .tasks import Tasks

FOLDER = "/simulated-output-video/"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Store:
    """Answers downloads of the tasks' videos."""

    def __init__(self, tasks: Tasks, clock: Callable[[], float]) -> None:
        self._tasks = tasks
        self._clock = clock
        self._signer = Signer()
        self.origin = ""  # known once its port is

    def sign(self, task_id: str, valid_seconds: float) -> str:
        """Return a fresh address for a task's video, good for so many seconds."""
        path = f"{FOLDER}{task_id}.mp4"
        return f"{self.origin}{path}?{self._signer.sign(path, self._clock(), valid_seconds)}"

    async def download(self, received: Received) -> Answer:
        """Return the video, or the part of it that was asked for, or the store's refusal."""
        if "Authorization" in received.headers:
            return xml_error(400, "InvalidArgument", "Only one auth mechanism allowed; the address is signed already")
        if not self._signer.genuine(received.path, received.query):
            return xml_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
        if self._signer.expired(received.query, self._clock()):
            return xml_error(403, "AccessDenied", "Request has expired")
        task = self._tasks.find(received.path.removeprefix(FOLDER).removesuffix(".mp4"))
        if task is None or task.path is None or not task.path.is_file():
            return xml_error(404, "NoSuchKey", "The specified key does not exist")
        return _file_answer(task.path, received)


def _file_answer(path: Path, received: Received) -> Answer:
    stat = path.stat()
    size, etag = stat.st_size, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes", "ETag": etag}
    if received.headers.get("If-Match", etag) not in (etag, "*"):
        return xml_error(412, "PreconditionFailed", "The file is not the one that was asked for")
    wanted = received.headers.get("Range", "")
    ignored = received.fault is not None and received.fault.do == "ignore_range"
    match = _RANGE.fullmatch(wanted)
    if ignored or match is None or match[0] == "bytes=-" or received.headers.get("If-Range", etag) != etag:
        return Answer(200, Span(path, 0, size), headers)
    start, stop = _bounds(match[1], match[2], size)
    if start >= stop:
        return Answer(416, b"", {"Content-Range": f"bytes */{size}"})
    return Answer(206, Span(path, start, stop - start), headers | {"Content-Range": f"bytes {start}-{stop - 1}/{size}"})


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the half-open range of bytes that `first-last` means (RFC 9110, 14.1.2); empty where there is none."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
