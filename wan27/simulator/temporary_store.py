"""The temporary store of Model Studio: policies, the form that it takes, and who may read a file.

https://help.aliyun.com/zh/model-studio/get-temporary-file-url (policy, life, account, model)
https://help.aliyun.com/zh/oss/developer-reference/postobject (form, errors)
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..limits import MEGABYTE
from .error_answer import ErrorAnswer
from .exchange import Answer, Received, Route
from .store import xml_error

POLICY_SECONDS = 300
FILE_SECONDS = 48 * 3600
MAX_MEGABYTES = 100
SCHEME = "oss://"
_ACL, _OVERWRITE = "x-oss-object-acl", "x-oss-forbid-overwrite"
_REQUIRED = ("OSSAccessKeyId", "Signature", "policy", "key")
_KNOWN = {*_REQUIRED, _ACL, _OVERWRITE, "success_action_status", "x-oss-content-type", "file"}
_NAME = re.compile(rb'form-data; *name="([^"]*)"(; *filename="[^"]*")?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Policy:
    account: str
    model: str
    folder: str
    until_seconds: float


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    account: str
    model: str
    until_seconds: float


class TemporaryStore:
    """Gives policies for uploads, takes files, and finds them for the account and model."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        """`folder` is for the files, which are deleted with it."""
        self._folder = folder
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._policies: dict[str, _Policy] = {}
        self._files: dict[str, _File] = {}
        self.origin = ""  # set when the store listens

    def routes(self) -> list[Route]:
        """Return the one call of the store."""
        return [Route("upload", "POST", "/", self._upload, xml_error)]

    def new_policy(self, account: str, model: str) -> dict[str, Any]:
        """Return the `data` of a getPolicy answer, good for `POLICY_SECONDS`."""
        folder = f"dashscope-instant/{uuid.uuid4().hex}/2026-11-29/{uuid.uuid4()}"
        conditions = [
            ["content-length-range", 0, MAX_MEGABYTES * MEGABYTE],
            ["starts-with", "$key", folder],
            ["eq", f"${_ACL}", "private"],
            ["eq", f"${_OVERWRITE}", "true"],
        ]
        policy = base64.b64encode(json.dumps({"conditions": conditions}).encode()).decode()
        until = self._clock() + POLICY_SECONDS
        self._policies[policy] = _Policy(account, model, folder, until)
        return {
            "policy": policy,
            "signature": self._sign(policy),
            "upload_dir": folder,
            "upload_host": self.origin,
            "expire_in_seconds": POLICY_SECONDS,
            "max_file_size_mb": MAX_MEGABYTES,
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": "SIMULATED",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }

    def find(self, url: str, account: str, model: str) -> Path | None:
        """Return the file of an `oss://` URL, None where this account and model cannot read it."""
        file = self._files.get(url.removeprefix(SCHEME))
        is_readable = file and (file.account, file.model) == (account, model)
        return file.path if file and is_readable and self._clock() < file.until_seconds else None

    async def _upload(self, received: Received) -> Answer:
        """Store the file of a form. Raises ErrorAnswer."""
        if "Authorization" in received.headers:
            raise ErrorAnswer(400, "InvalidArgument", "Only one auth mechanism allowed")
        if "Content-Length" not in received.headers:
            raise ErrorAnswer(411, "MissingContentLength", "Content-Length is required")
        fields, content = parse_form(received.headers.get("Content-Type", ""), received.raw)
        policy = self._check(fields, len(content))
        path = self._folder / f"{uuid.uuid4()}-upload"
        await asyncio.to_thread(path.write_bytes, content)
        until = self._clock() + FILE_SECONDS
        self._files[fields["key"]] = _File(path, policy.account, policy.model, until)
        return Answer(200 if fields.get("success_action_status") == "200" else 204)

    def _check(self, fields: dict[str, str], size: int) -> _Policy:
        """Return the policy of a form that it allows. Raises ErrorAnswer."""
        for name in _REQUIRED:
            if not fields.get(name):
                raise ErrorAnswer(400, "InvalidArgument", f"the field {name} is missing")
        key, policy = fields["key"], self._policies.get(fields["policy"])
        given = fields["Signature"].encode(errors="replace")
        signature = self._sign(fields["policy"]).encode()
        if policy is None or not hmac.compare_digest(given, signature):
            raise ErrorAnswer(403, "SignatureDoesNotMatch", "the signature is another one")
        if self._clock() >= policy.until_seconds:
            raise _denied("Policy expired.")
        if not re.fullmatch(re.escape(policy.folder) + "/[!-.0-~]+", key):
            raise _denied('Policy Condition failed: ["starts-with", "$key"]')
        for name, value in ((_ACL, "private"), (_OVERWRITE, "true")):
            if fields.get(name) != value:
                raise _denied(f'Policy Condition failed: ["eq", "${name}", "{value}"]')
        if size > MAX_MEGABYTES * MEGABYTE:
            raise ErrorAnswer(400, "EntityTooLarge", "the file exceeds the maximum allowed size")
        if key in self._files:
            raise ErrorAnswer(409, "FileAlreadyExists", "the object already exists")
        return policy

    def _sign(self, policy: str) -> str:
        digest = hmac.new(self._secret, policy.encode(errors="replace"), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


def parse_form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """Return the fields of a multipart form and its file, which must be last.

    Raises ErrorAnswer (400).
    """
    found = re.fullmatch(r'multipart/form-data; *boundary="?([^";\s]+)"?', content_type)
    delimiter = b"\r\n--" + (found[1].encode(errors="replace") if found else b"")
    start, *parts = (b"\r\n" + body).split(delimiter)
    if not found or start or not parts or parts[-1].strip() != b"--":
        raise _malformed("the body is not a multipart form")
    fields: dict[str, str] = {}
    for number, part in enumerate(parts[:-1], 1):
        head, separator, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not separator or not name or name[1].decode("utf-8", "replace") not in _KNOWN:
            raise _malformed("a part of the form is unknown")
        if name[1] == b"file":
            if number != len(parts) - 1:
                raise _malformed("the file must be the last field of the form")
            return fields, content
        fields[name[1].decode()] = content.decode("utf-8", "replace")
    raise _malformed("the form has no file")


def _malformed(problem: str) -> ErrorAnswer:
    return ErrorAnswer(400, "MalformedPOSTRequest", problem)


def _denied(problem: str) -> ErrorAnswer:
    return ErrorAnswer(403, "AccessDenied", f"Invalid according to Policy: {problem}")
