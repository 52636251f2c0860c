"""An S3 server on loopback that checks every signature, and fails as a test tells it to.

moto behaves as S3 does (test_emulators.py). What only this one shows: dropped connections, delays
and any error code at any request; which requests were sent; virtual-hosted-style addresses; the
memory of a large upload, since objects are files and bodies are read in small pieces in the test's
own process. It is up at once, so that the tests of whole Runs and the chaos tests can afford it.
"""

from __future__ import annotations

import hashlib
import hmac
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

DOMAIN = "s3.test"
_PIECE = 64 * 1024


class Refused(Exception):
    """An error response: a status and S3's code."""

    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    bucket: str
    key: str
    query: dict
    headers: dict


@dataclass
class Stored:
    """An object: its file and its content type."""

    path: Path
    content_type: str


class S3Server:
    """A server of one bucket, running in a `with` block.

    `script(seen)` may return (status, code), "drop", a number of seconds to wait, or None.
    """

    def __init__(self):
        self.bucket, self.region = "media", "eu-test-1"
        self.access_key, self.secret = "AKIDTEST", "s3cr3t-canary"
        self.script = lambda _seen: None
        self.objects, self.seen, self.uploads, self.broken = {}, [], {}, 0

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="wan27-s3-", ignore_cleanup_errors=True)
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.s3 = self
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._folder.cleanup()

    @property
    def environment(self):
        """The environment variables of a client of this server."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def methods(self):
        """The methods of the requests so far, "PUT part" for a part of a multipart upload."""
        return [
            f"{seen.method} part" if "partNumber" in seen.query else seen.method
            for seen in self.seen
        ]

    def file(self):
        return Path(tempfile.mkstemp(dir=self._folder.name)[1])

    def check(self, seen, path, digest):
        """Refuse a request without a valid signature."""
        if "X-Amz-Signature" in seen.query:
            query = dict(seen.query)
            given, names = query.pop("X-Amz-Signature"), query["X-Amz-SignedHeaders"]
            credential, date, digest = (
                query["X-Amz-Credential"],
                query["X-Amz-Date"],
                "UNSIGNED-PAYLOAD",
            )
            if _moment(date) + int(query["X-Amz-Expires"]) < time.time():
                raise Refused(403, "AccessDenied")
        elif seen.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            fields = dict(
                part.strip().split("=", 1)
                for part in seen.headers["authorization"].split(" ", 1)[1].split(",")
            )
            given, names, credential, query = (
                fields["Signature"],
                fields["SignedHeaders"],
                fields["Credential"],
                seen.query,
            )
            date, claimed = seen.headers["x-amz-date"], seen.headers["x-amz-content-sha256"]
            if claimed not in {digest, "UNSIGNED-PAYLOAD"}:
                raise Refused(400, "XAmzContentSHA256Mismatch")
            digest = claimed
        else:
            raise Refused(403, "AccessDenied")
        key_id, day, region, service, _ = credential.split("/")
        if key_id != self.access_key:
            raise Refused(403, "InvalidAccessKeyId")
        if (region, service) != (self.region, "s3"):
            raise Refused(400, "AuthorizationHeaderMalformed")
        if not hmac.compare_digest(
            given, self._signature(seen, path, query, names, date, day, digest)
        ):
            raise Refused(403, "SignatureDoesNotMatch")

    def _signature(self, seen, path, query, names, date, day, digest):
        pairs = sorted(
            (quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items()
        )
        headers = "".join(
            f"{name}:{' '.join(seen.headers[name].split())}\n" for name in names.split(";")
        )
        request = [
            seen.method,
            quote(unquote(path), safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            names,
            digest,
        ]
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                date,
                scope,
                hashlib.sha256("\n".join(request).encode()).hexdigest(),
            ]
        )
        key = f"AWS4{self.secret}".encode()
        for step in scope.split("/"):
            key = hmac.digest(key, step.encode(), "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request, _address):
        self.s3.broken += 1  # the client closed the connection


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        """Log nothing."""

    def _answer(self):
        s3, seen, path = self.server.s3, *self._read_head()
        s3.seen.append(seen)
        scripted = s3.script(seen)
        if isinstance(scripted, int | float):
            time.sleep(scripted)
        if scripted == "drop":
            self.close_connection = True
            return
        body, digest = self._read_body()
        try:
            self._check(seen, path, digest, scripted)
            self._act(seen, body)
        except Refused as refused:
            # It echoes the request, as the real one does: none of that may reach a message.
            message = f"<Message>echo {s3.secret}</Message>"
            self._send(
                refused.status, f"<Error><Code>{refused.code}</Code>{message}</Error>".encode()
            )

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _check(self, seen, path, digest, scripted):
        if isinstance(scripted, tuple):
            raise Refused(*scripted)
        self.server.s3.check(seen, path, digest)
        if seen.bucket != self.server.s3.bucket:
            raise Refused(404, "NoSuchBucket")

    def _read_head(self):
        parts = urlsplit(self.path)  # a whole URL if this is used as a proxy
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers["host"].partition(":")[0]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if host.endswith(f".{DOMAIN}"):
            bucket, key = host.removesuffix(f".{DOMAIN}"), parts.path[1:]
        else:
            bucket, _, key = parts.path[1:].partition("/")
        return Seen(self.command, bucket, unquote(key), query, headers), parts.path

    def _read_body(self):
        left, digest, path = (
            int(self.headers.get("Content-Length") or 0),
            hashlib.sha256(),
            self.server.s3.file(),
        )
        with path.open("wb") as file:
            while left > 0:
                piece = self.rfile.read(min(_PIECE, left))
                if not piece:
                    raise ConnectionError
                left -= len(piece)
                digest.update(piece)
                file.write(piece)
        return path, digest.hexdigest()

    def _act(self, seen, body):
        s3, query = self.server.s3, seen.query
        if seen.method == "POST" and "uploads" in query:
            number = str(len(s3.uploads) + 1)
            s3.uploads[number] = (seen.headers.get("content-type", ""), {})
            self._send(
                200,
                f"<InitiateMultipartUploadResult><UploadId>{number}</UploadId></InitiateMultipartUploadResult>".encode(),
            )
        elif seen.method == "PUT" and "partNumber" in query:
            s3.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
            self._send(200)
        elif seen.method == "POST":
            s3.objects[seen.key] = self._joined(*s3.uploads.pop(query["uploadId"]))
            self._send(
                200,
                b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>',
            )
        elif seen.method == "PUT":
            s3.objects[seen.key] = Stored(body, seen.headers.get("content-type", ""))
            self._send(200)
        elif seen.method == "DELETE":
            s3.objects.pop(seen.key, None)
            self._send(204)
        elif seen.key in s3.objects:
            self._send_object(s3.objects[seen.key])
        else:
            raise Refused(404, "NoSuchKey")

    def _joined(self, content_type, parts):
        whole = self.server.s3.file()
        with whole.open("wb") as file:
            for number in sorted(parts):
                with parts[number].open("rb") as part:
                    while piece := part.read(_PIECE):
                        file.write(piece)
        return Stored(whole, content_type)

    def _send_object(self, stored):
        self._send(
            200,
            stored.path.read_bytes() if self.command == "GET" else b"",
            stored.content_type,
            stored.path.stat().st_size,
        )

    def _send(self, status, body=b"", content_type="application/xml", length=None):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"e"')
        self.send_header(
            "Last-Modified", datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _moment(date):
    return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
