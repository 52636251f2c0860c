"""Media in the temporary store of Alibaba Model Studio: the key is enough, for every medium.

The API gives a policy, the file goes to the store that it names, and the request has an `oss://`
URL that only this host can read, for 48 hours and for keys of the same account. Nothing can be
deleted there. Source: https://help.aliyun.com/zh/model-studio/get-temporary-file-url
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..api.addresses import is_loopback
from ..api.protocols.model_studio import TEMPORARY, UploadPolicy, parse_policy, policy_query
from ..api.retry import UPLOAD, retrying
from ..errors import (
    BalanceTooLow,
    HostFailed,
    HostRefused,
    HostUnreachable,
    InvalidInput,
    RateLimited,
    UnexpectedResponse,
    UploadFailed,
)
from ..limits import MEDIA, MEGABYTE
from .form_post import ExpiredError, post_form
from .inline import Inline
from .ref_counts import SUFFIXES
from .uploader import Upload, size_of

if TYPE_CHECKING:
    from ..api.client import Client

# Half of the life of an upload: a task may wait in a queue before its media are read.
REUSE_SECONDS = 24 * 3600.0
_JOIN_SECONDS = 0.1  # between two looks at an equal medium that another node is sending
# The statuses of a host, or a region, that gives no policy; any other is a failure.
_UNSUPPORTED = (400, 403, 404)

logger = logging.getLogger(__name__)


class Uploads:
    """The uploads of this process that may be used again, by account and content.

    Any event loop may use it: there is nothing to await in it.
    """

    def __init__(self) -> None:
        self._urls: dict[tuple[str, ...], tuple[str, float, float]] = {}
        self.sending: set[tuple[str, ...]] = set()

    def find(self, key: tuple[str, ...]) -> str | None:
        """Return the URL of an upload that is young by both clocks: one stops in a sleep."""
        url, wall, monotonic = self._urls.get(key, ("", 0.0, 0.0))
        age = max(time.time() - wall, time.monotonic() - monotonic)
        return url if url and 0 <= age < REUSE_SECONDS else None

    def add(self, key: tuple[str, ...], url: str) -> None:
        """Remember an upload, and forget those that are too old."""
        self._urls[key] = url, time.time(), time.monotonic()
        for old in [known for known in tuple(self._urls) if self.find(known) is None]:
            self._urls.pop(old, None)


_SHARED = Uploads()


class TemporaryUpload:
    """The store of one account, for one Run. It never sees the key: the client asks the API."""

    max_image_bytes = MEDIA["first_frame"].max_bytes
    sends_inline = False
    place = ""

    def __init__(
        self,
        client: Client,
        uploads: Uploads = _SHARED,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`uploads` are shared with the other Runs of this process."""
        self._client = client
        self._uploads = uploads
        self._pause = pause

    def check_file(self, role: str) -> None:
        """Allow any medium."""

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> Upload:
        """Return an `oss://` URL; where the host gives no policy, an image inside the request.

        Equal content is sent once in a day. Raises `InvalidInput`, `UploadFailed` or `HostRefused`.
        """
        key = (self._client.account_id, content_hash, content_type)
        while key in self._uploads.sending:
            await self._pause(_JOIN_SECONDS)
        url = self._uploads.find(key)
        if url is None:
            self._uploads.sending.add(key)
            try:
                url = await self._send(role, content, content_type)
            finally:
                self._uploads.sending.discard(key)
            if url is None:
                return await Inline().upload(role, content, content_type, content_hash)
            self._uploads.add(key, url)
        return Upload(url)

    def release(self, name: str, *, needed: bool) -> bool:  # noqa: ARG002 - nothing is counted
        """Return False: nothing can be removed."""
        return False

    async def remove(self, name: str) -> None:
        """Do nothing: the store deletes by itself."""

    async def _send(self, role: str, content: bytes | Path, content_type: str) -> str | None:
        """Upload the content; return None where an image must go inside the request."""
        try:
            return await retrying(
                lambda: self._attempt(role, content, content_type), UPLOAD, self._pause
            )
        except (HostUnreachable, RateLimited, HostFailed, UnexpectedResponse) as error:
            raise self._failed(role, str(error).rstrip(".")) from error
        except HostRefused as error:
            if error.status not in _UNSUPPORTED or isinstance(error, BalanceTooLow):
                raise
            if isinstance(content, Path):
                raise self._unsupported(role, error) from error
            logger.warning("Wan 2.7: %s is sent inside the request. %s", role, error)
            return None

    async def _attempt(self, role: str, content: bytes | Path, content_type: str) -> str:
        """Upload once, with a policy and a name of its own; with another policy if it expired."""
        with contextlib.suppress(ExpiredError):
            return await self._post(role, content, content_type)
        try:
            return await self._post(role, content, content_type)
        except ExpiredError:
            raise self._failed(role, "each permission had expired when it was used") from None

    async def _post(self, role: str, content: bytes | Path, content_type: str) -> str:
        policy = await self._client.read(policy_query(), parse_policy)
        self._check_store(role, policy)
        try:
            size = await asyncio.to_thread(size_of, content)
        except OSError as error:
            raise self._failed(role, f"its file cannot be read ({error.strerror})") from error
        if policy.max_bytes is not None and size > policy.max_bytes:
            most = f"{policy.max_bytes / MEGABYTE:g} MB"
            raise self._failed(role, f"it is {size / MEGABYTE:.1f} MB and the store takes {most}")
        name = secrets.token_hex(16) + SUFFIXES[content_type]
        problem = await post_form(
            self._client.http, policy.store, policy.form(name), (name, content_type), content, size
        )
        if problem:
            raise self._failed(role, problem)
        return TEMPORARY + policy.key(name)

    def _check_store(self, role: str, policy: UploadPolicy) -> None:
        """Refuse a store that is not reached by https, except on this machine."""
        try:
            parts = urlsplit(policy.store)
            is_own = is_loopback(policy.store) and self._client.host.is_local
            is_secure = parts.scheme == "https" or (parts.scheme == "http" and is_own)
            is_usable = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        except ValueError:
            is_secure = is_usable = False
        if not (is_secure and is_usable):
            raise self._failed(role, "the host named a store without a secure address (https)")

    def _failed(self, role: str, reason: str) -> UploadFailed:
        return UploadFailed(
            f"{role} could not be uploaded to the temporary store of {self._client.host.title}:"
            f" {reason}. Nothing was sent. Run again, or set WAN27_UPLOAD in the settings to a"
            " bucket."
        )

    def _unsupported(self, role: str, error: HostRefused) -> InvalidInput:
        host = self._client.host
        return InvalidInput(
            role,
            f"is a local file, and {host.title} gives no temporary upload at {host.base_url}"
            f" ({error.reason or f'HTTP {error.status}'}). Set WAN27_UPLOAD in the settings to your"
            " own bucket (s3://…, gs://…, az://…) or to the public address of this ComfyUI"
            f" (https://…), or give a public URL as {role}_url.",
        )
