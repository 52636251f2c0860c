"""The three kinds of bucket, the form of their addresses, and how obstore opens them.

obstore reads the clouds' own environment variables by itself (keys, session token, region,
endpoint, path or virtual-host style; service account files; storage account and key; roles and
managed identities). This file adds only what it lacks: plain http if the endpoint has it, the
bucket in a virtual host name, and timeouts. obstore 0.11 is required: older ones lose the content
type (before 0.8), ignore AWS_ENDPOINT_URL_S3, or delete in bulk only (0.10), which Alibaba's OSS
does not support.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import InvalidSetting

if TYPE_CHECKING:
    from typing import TypeAlias

    from obstore.store import AzureStore, GCSStore, S3Store

    Store: TypeAlias = AzureStore | GCSStore | S3Store

_TRUE = {"1", "true", "yes", "on", "y"}
_FORMS = "s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")
# Characters that need no escaping, which a host could do in another way than it was signed.
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+")

# One request sends at most one part of 5 MB; five minutes are enough for it at 20 kB/s.
_REQUEST_TIMEOUT = timedelta(minutes=5)
_CONNECT_TIMEOUT = timedelta(seconds=5)
_RETRIES: dict[str, Any] = {
    "max_retries": 3,
    "retry_timeout": timedelta(minutes=3),
    "backoff": {
        "init_backoff": timedelta(seconds=0.2),
        "max_backoff": timedelta(seconds=5),
        "base": 2,
    },
}


@dataclass(frozen=True, slots=True)
class Cloud:
    """One kind of bucket."""

    store: str  # obstore's class
    endpoints: tuple[str, ...]  # variables with another endpoint, the strongest first
    # For messages: the settings of its server, those of its keys, and the permissions it needs.
    location: str
    credentials: str
    permissions: str


CLOUDS = {
    "s3": Cloud(
        "S3Store",
        ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
        "AWS_REGION and AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "s3:PutObject, s3:GetObject and s3:DeleteObject",
    ),
    "gs": Cloud(
        "GCSStore",
        ("GOOGLE_BASE_URL",),
        "GOOGLE_BASE_URL",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "the role Storage Object User",
    ),
    "az": Cloud(
        "AzureStore",
        ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ENDPOINT",
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        "the role Storage Blob Data Contributor",
    ),
}


@dataclass(frozen=True, slots=True)
class BucketPath:
    """A bucket, and a prefix without slashes at its ends ("" for none)."""

    scheme: str
    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}"

    @property
    def place(self) -> str:
        """The bucket and prefix, in the form of WAN27_UPLOAD."""
        return f"{self}/{self.prefix}".rstrip("/")

    @property
    def cloud(self) -> Cloud:
        """The kind of bucket."""
        return CLOUDS[self.scheme]

    def object_path(self, name: str) -> str:
        """Return the path of an object in the bucket."""
        return f"{self.prefix}/{name}" if self.prefix else name


def parse_bucket_path(url: str) -> BucketPath:
    """Return the bucket and prefix of a value of WAN27_UPLOAD.

    Raises `InvalidSetting`, which never quotes the value: it may contain a key.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise _malformed("cannot be read") from None
    if parts.scheme not in CLOUDS:
        raise _malformed("has an unknown scheme")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _malformed(
            f"has more than a bucket and a prefix (set keys in {CLOUDS[parts.scheme].credentials})"
        )
    if not _BUCKET.fullmatch(parts.netloc):
        raise _malformed("has an invalid bucket name" if parts.netloc else "names no bucket")
    prefix = parts.path.strip("/")
    if prefix and not all(_SEGMENT.fullmatch(segment) for segment in prefix.split("/")):
        raise _malformed(
            "has a prefix with characters other than letters, digits, '.', '_', '-' and single '/'"
        )
    return BucketPath(parts.scheme, parts.netloc, prefix)


def open_store(path: BucketPath) -> Store:
    """Return obstore's store of a bucket, without network I/O.

    Raises `InvalidSetting` where settings are missing or contradictory.
    """
    try:
        # Late: only buckets need it, and the pack must load without it.
        from obstore import exceptions, store  # noqa: PLC0415
    except ImportError:
        raise InvalidSetting(
            "The setting WAN27_UPLOAD names a bucket, which needs the package obstore: pip install"
            " 'obstore>=0.11'."
        ) from None
    options = {"allow_http": _endpoint(path).startswith("http://"), "timeout": _REQUEST_TIMEOUT}
    options["connect_timeout"] = _CONNECT_TIMEOUT
    try:
        opened: Store = getattr(store, path.cloud.store)(
            path.bucket, config=_config(path), client_options=options, retry_config=_RETRIES
        )
    except exceptions.UnknownConfigurationKeyError:
        raise InvalidSetting(
            "The setting WAN27_UPLOAD names a bucket, which needs a newer package obstore: pip"
            " install 'obstore>=0.11'."
        ) from None
    except (exceptions.BaseError, ValueError, OSError):
        # obstore's own message may quote a key or a whole service account.
        raise InvalidSetting(
            f"The setting WAN27_UPLOAD is {path}, which cannot be opened: check"
            f" {path.cloud.credentials}."
        ) from None
    return opened


def _config(path: BucketPath) -> dict[str, Any]:
    """Return the options that obstore does not read from the environment itself."""
    if path.scheme != "s3":
        return {}
    # OSS has no bulk delete, and one object needs none.
    config: dict[str, Any] = {"disable_bulk_delete": True}
    endpoint = _endpoint(path)
    parts = urlsplit(endpoint)
    is_virtual = os.environ.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() in _TRUE
    if endpoint and is_virtual and not parts.netloc.startswith(f"{path.bucket}."):
        # Every other S3 client, and the vendors' guides, have the endpoint without the bucket.
        endpoint = f"{parts.scheme}://{path.bucket}.{parts.netloc}{parts.path}"
    if endpoint:
        config["aws_endpoint_url_s3"] = endpoint  # it wins over all others
    return config


def _endpoint(path: BucketPath) -> str:
    return next((os.environ[name] for name in path.cloud.endpoints if os.environ.get(name)), "")


def _malformed(problem: str) -> InvalidSetting:
    return InvalidSetting(f"The setting WAN27_UPLOAD {problem}; it must look like {_FORMS}.")
