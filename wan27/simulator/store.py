"""The second origin: an object store with the finished videos by signed URL, as S3, COS and OSS.

It refuses an Authorization header and an expired URL, honors Range, and writes errors as XML.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlencode

from .error_answer import ErrorAnswer
from .exchange import Answer, Received, Route, Span
from .tasks import Tasks

URL_SECONDS = 3600
_FOLDER = "/simulated-output-video/"
_SIGNATURE = "X-Amz-Signature"
_UNTIL = "X-Simulator-Until"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Store:
    """Signs the URLs of the tasks' videos and serves them."""

    def __init__(self, tasks: Tasks, clock: Callable[[], float]) -> None:
        self._tasks = tasks
        self._clock = clock
        self._signer = _Signer()
        self.origin = ""  # set when the store listens

    def routes(self) -> list[Route]:
        """Return the one call of the store."""
        return [Route("download", "GET", _FOLDER + "{name}", self._download, xml_error)]

    def sign(self, task_id: str, seconds: int = URL_SECONDS) -> str:
        """Return a new URL of a task's video, good for that long."""
        path = self.path_of(f"{task_id}.mp4")
        return f"{self.origin}{path}?{self._signer.sign(path, self._clock(), seconds)}"

    @staticmethod
    def path_of(name: str) -> str:
        """Return the path of a file."""
        return _FOLDER + name

    async def _download(self, received: Received) -> Answer:
        """Return the video or the range of it that was asked for. Raises ErrorAnswer."""
        if "Authorization" in received.headers:
            message = "Only one auth mechanism allowed; the URL is already signed"
            raise ErrorAnswer(400, "InvalidArgument", message)
        if not self._signer.is_genuine(received.path, received.query):
            message = "The request signature we calculated does not match the one you provided"
            raise ErrorAnswer(403, "SignatureDoesNotMatch", message)
        if self._clock() >= float(received.query[_UNTIL]):
            raise ErrorAnswer(403, "AccessDenied", "Request has expired")
        task = self._tasks.find(received.path.removeprefix(_FOLDER).removesuffix(".mp4"))
        if task is None or task.path is None or not task.path.is_file():
            raise ErrorAnswer(404, "NoSuchKey", "The specified key does not exist")
        return _file_answer(task.path, received.headers)


class _Signer:
    """Signs paths and checks what comes back; no header is needed.

    It signs decoded values, as S3 does: a URL survives one harmless re-encoding and no double one.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._serial = itertools.count(1)

    def sign(self, path: str, now_seconds: float, valid_seconds: int) -> str:
        """Return the query of a URL; no two are alike."""
        date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"simulator/{date[:8]}/nowhere-1/s3/aws4_request",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(valid_seconds),
            "X-Amz-SignedHeaders": "host",
            "X-Simulator-Serial": str(next(self._serial)),
            _UNTIL: repr(now_seconds + valid_seconds),
        }
        return urlencode(query | {_SIGNATURE: self._signature(path, query)})

    def is_genuine(self, path: str, query: Mapping[str, str]) -> bool:
        """Return whether this path and query were signed here and not changed since."""
        signed = {name: value for name, value in query.items() if name != _SIGNATURE}
        given = query.get(_SIGNATURE, "").encode(errors="replace")
        return hmac.compare_digest(given, self._signature(path, signed).encode())

    def _signature(self, path: str, query: Mapping[str, str]) -> str:
        text = "\n".join([path, *(f"{name}={query[name]}" for name in sorted(query))])
        return hmac.new(self._secret, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def xml_error(error: ErrorAnswer) -> Answer:
    """Return an error as object stores write it."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.reason}</Code><Message>{error}</Message></Error>"
    )
    return Answer(error.status, body.encode(), {"Content-Type": "application/xml"})


def _file_answer(path: Path, asked: Mapping[str, str]) -> Answer:
    """Return the file, or a range of it, as the headers ask. Raises ErrorAnswer (412)."""
    stat = path.stat()
    size, etag = stat.st_size, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes", "ETag": etag}
    if asked.get("If-Match", etag) not in (etag, "*"):
        raise ErrorAnswer(412, "PreconditionFailed", "The ETag of the file is another one")
    match = _RANGE.fullmatch(asked.get("Range", ""))
    if match is None or match[0] == "bytes=-" or asked.get("If-Range", etag) != etag:
        return Answer(200, Span(path, 0, size), headers)
    start, stop = _bounds(match[1], match[2], size)
    if start >= stop:
        return Answer(416, b"", {"Content-Range": f"bytes */{size}"})
    headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return Answer(206, Span(path, start, stop - start), headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the half-open range that `first-last` means (RFC 9110, 14.1.2), perhaps empty."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
