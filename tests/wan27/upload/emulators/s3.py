"""Run moto's S3 on a free port of loopback, with signatures and policies checked.

It prints one line of JSON when it is up, and ends with its standard input. moto checks signatures
in headers only, and crashes on a presigned URL; so the signature of a URL is computed here with
botocore, AWS's own, and a valid request goes on to moto, signed in its headers.
"""

from __future__ import annotations

import hmac
import json
import sys
import threading
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlencode

import moto.settings
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

ACCOUNT, REGION, BUCKET, USER = "123456789012", "eu-west-1", "media", "wan27"
ALLOWED = {
    "Effect": "Allow",
    "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
    "Resource": f"arn:aws:s3:::*/{USER}/*",
}
POLICY = {"Version": "2012-10-17", "Statement": [ALLOWED]}


class Signed:
    """A WSGI application before another."""

    def __init__(self, application, credentials):
        self._application, self._credentials = application, credentials

    def __call__(self, environ, start_response):
        query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
        given = query.pop("X-Amz-Signature", None)
        if given is not None:
            if not self._is_valid(environ, query, given):
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [b"<Error><Code>SignatureDoesNotMatch</Code></Error>"]
            self._sign_headers(environ)
        return self._application(environ, start_response)

    def _is_valid(self, environ, query, given):
        signed = datetime.strptime(f"{query['X-Amz-Date']}+0000", "%Y%m%dT%H%M%SZ%z")
        age = datetime.now(timezone.utc) - signed
        auth = S3SigV4QueryAuth(self._credentials, "s3", REGION)
        request = _request(environ, f"?{urlencode(query)}")
        request.context["timestamp"] = query["X-Amz-Date"]
        text = auth.string_to_sign(request, auth.canonical_request(request))
        return age.total_seconds() < int(query["X-Amz-Expires"]) and hmac.compare_digest(
            given, auth.signature(text, request)
        )

    def _sign_headers(self, environ):
        environ["QUERY_STRING"] = ""
        request = _request(environ)
        S3SigV4Auth(self._credentials, "s3", REGION).add_auth(request)
        for name, value in request.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value


def _request(environ, query=""):
    host = environ["HTTP_HOST"]
    url = f"http://{host}{environ['PATH_INFO']}{query}"
    return AWSRequest(environ["REQUEST_METHOD"], url, headers={"Host": host})


class Quiet(WSGIRequestHandler):
    """No access log."""

    def log_request(self, *_):
        """Log nothing."""


def main():
    iam = iam_backends[ACCOUNT]["aws"]
    iam.create_user(REGION, USER)
    iam.put_user_policy(USER, "own-prefix", json.dumps(POLICY))
    key = iam.create_access_key(USER)
    s3_backends[ACCOUNT]["aws"].create_bucket(BUCKET, REGION)
    moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # from now on each request must be allowed
    application = DomainDispatcherApplication(create_backend_app)
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    server = make_server(
        "127.0.0.1", 0, Signed(application, credentials), threaded=True, request_handler=Quiet
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
    }
    sys.stdout.write(json.dumps(variables) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


main()
