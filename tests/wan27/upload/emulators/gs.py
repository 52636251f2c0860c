"""Run gcp-storage-emulator on a free port of loopback, with signatures checked by Google's library.

It prints one line of JSON when it is up, and ends with its standard input. The emulator has no
login, and lacks parts of the XML API that obstore uses: an ETag in the answer to a PUT, and DELETE,
which is passed on to its JSON API. It has no uploads in parts at all.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime, timezone
from functools import partial
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage
from google.auth import jwt
from google.cloud.storage._signing import generate_signed_url_v4
from google.oauth2 import service_account

BUCKET, EMAIL = "media", "wan27@example.iam.gserviceaccount.com"
UNKNOWN = (401, "AuthenticationRequired")
DENIED = (403, "AccessDenied")
UNSIGNED = (403, "SignatureDoesNotMatch")


class Handler(RequestHandler):
    """Each request must be signed by the account, in its token or its URL."""

    public_key = credentials = None

    def do_GET(self):  # noqa: N802 - http.server's names
        self._answer(self._url_problem(), super().do_GET)

    def do_PUT(self):  # noqa: N802 - http.server's names
        self._answer(self._token_problem(), super().do_PUT)

    def do_DELETE(self):  # noqa: N802 - http.server's names
        problem = self._token_problem()
        bucket, _, name = unquote(urlsplit(self.path).path)[1:].partition("/")
        self.path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        self._answer(problem, super().do_DELETE)

    def end_headers(self):
        if self.command == "PUT":
            self.send_header("ETag", '"1"')
        super().end_headers()

    def log_message(self, *_):
        """Log nothing."""

    def _answer(self, problem, answer):
        if problem is None:
            answer()
            return
        status, code = problem
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _token_problem(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, certs=self.public_key)
        except ValueError:  # google.auth's errors are ValueErrors
            return UNKNOWN
        return None if claims["sub"] == EMAIL else DENIED

    def _url_problem(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if "X-Goog-Signature" not in query:
            return DENIED
        date, seconds = query["X-Goog-Date"], int(query["X-Goog-Expires"])
        # For storage.googleapis.com: obstore signs for it at whatever address GOOGLE_BASE_URL has.
        expected = generate_signed_url_v4(
            self.credentials, resource=parts.path, expiration=seconds, _request_timestamp=date
        )
        signed = datetime.strptime(f"{date}+0000", "%Y%m%dT%H%M%SZ%z")
        is_valid = (datetime.now(timezone.utc) - signed).total_seconds() < seconds
        return None if is_valid and dict(parse_qsl(urlsplit(expected).query)) == query else UNSIGNED


def main():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "client_email": EMAIL,
        "client_id": "1",
        "private_key_id": "1",
        "private_key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    Handler.credentials = service_account.Credentials.from_service_account_info(account)
    Handler.public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    storage = Storage(use_memory_fs=True)
    create_bucket(BUCKET, storage)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, storage))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account),
        "GOOGLE_BASE_URL": f"http://127.0.0.1:{server.server_port}",
    }
    sys.stdout.write(json.dumps(variables) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


main()
