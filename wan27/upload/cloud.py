"""The three kinds of bucket, how WAN27_UPLOAD names one, and how it is opened.

obstore reads the clouds' own environment variables by itself (keys, session token, region,
endpoint, path or virtual-host style; service account files; storage account and key; roles and
managed identities). Added here is only what it lacks: plain http where the endpoint says so, the
bucket in the name of a virtual host, and bounds. It needs obstore 0.11: older ones lose the content
type (before 0.8), ignore AWS_ENDPOINT_URL_S3, or can delete in bulk only (0.10), which Alibaba's
OSS does not know.
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

_FORMS = "s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")
_SEGMENT = re.compile(
    r"(?!\.{1,2}$)[A-Za-z0-9._-]+"
)  # nothing that a fetcher could escape in another way than it was signed

# One request carries at most one part of 5 MB; five minutes are enough for it at 20 kB/s.
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
    endpoints: tuple[str, ...]  # variables that move it elsewhere, the strongest first
    where: str  # what says where its server is, for messages; as the next two
    credentials: str
    rights: str


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
class Place:
    """Where objects go: a bucket, and a prefix without slashes at its ends ("" for none)."""

    scheme: str
    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}"

    @property
    def cloud(self) -> Cloud:
        """What kind of bucket it is."""
        return CLOUDS[self.scheme]


def parse_place(url: str) -> Place:
    """Return the place that WAN27_UPLOAD names.

    Raises `InvalidSetting`, which never quotes the value: people put keys into URLs.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise _malformed("cannot be read") from None
    if parts.scheme not in CLOUDS:
        raise _malformed("names no kind of bucket")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _malformed(
            "holds more than a bucket and a prefix (keys belong into"
            f" {CLOUDS[parts.scheme].credentials})"
        )
    if not _BUCKET.fullmatch(parts.netloc):
        raise _malformed(
            "names no bucket" if not parts.netloc else "has a bucket whose name no cloud allows"
        )
    prefix = parts.path.strip("/")
    if prefix and not all(_SEGMENT.fullmatch(segment) for segment in prefix.split("/")):
        raise _malformed(
            "has a prefix of other characters than letters, digits, '.', '_', '-' and single '/'"
        )
    return Place(parts.scheme, parts.netloc, prefix)


def open_store(place: Place) -> Store:
    """Return obstore's store for the place, without network I/O.

    Raises `InvalidSetting` where settings are missing or contradictory.
    """
    try:
        # Late: it is needed where a bucket is used, and the pack must load without it.
        from obstore import exceptions, store  # noqa: PLC0415
    except ImportError:
        raise InvalidSetting(
            "WAN27_UPLOAD names a bucket, which needs the package obstore: pip install"
            " 'obstore>=0.11'."
        ) from None
    options = {"allow_http": _endpoint(place).startswith("http://"), "timeout": _REQUEST_TIMEOUT}
    options["connect_timeout"] = _CONNECT_TIMEOUT
    try:
        opened: Store = getattr(store, place.cloud.store)(
            place.bucket, config=_config(place), client_options=options, retry_config=_RETRIES
        )
    except exceptions.UnknownConfigurationKeyError:
        raise InvalidSetting(
            "WAN27_UPLOAD names a bucket, for which the package obstore is too old: pip install"
            " 'obstore>=0.11'."
        ) from None
    except (exceptions.BaseError, ValueError, OSError):
        # obstore's own words may quote a key or a whole service account.
        raise InvalidSetting(
            f"WAN27_UPLOAD is {place}, which cannot be opened: check {place.cloud.credentials}."
        ) from None
    return opened


def _config(place: Place) -> dict[str, Any]:
    """What obstore does not work out for itself."""
    if place.scheme != "s3":
        return {}
    config: dict[str, Any] = {
        "disable_bulk_delete": True
    }  # OSS has no bulk delete, and one object needs none
    endpoint = _endpoint(place)
    parts = urlsplit(endpoint)
    virtual = os.environ.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() in {
        "1",
        "true",
        "yes",
        "on",
        "y",
    }
    if endpoint and virtual and not parts.netloc.startswith(f"{place.bucket}."):
        # Every other S3 client wants the endpoint without the bucket, and so do the vendors'
        # guides.
        endpoint = f"{parts.scheme}://{place.bucket}.{parts.netloc}{parts.path}"
    if endpoint:
        config["aws_endpoint_url_s3"] = endpoint  # the one that wins over all others
    return config


def _endpoint(place: Place) -> str:
    return next((os.environ[name] for name in place.cloud.endpoints if os.environ.get(name)), "")


def _malformed(problem: str) -> InvalidSetting:
    return InvalidSetting(f"WAN27_UPLOAD {problem}; it must look like {_FORMS}.")
