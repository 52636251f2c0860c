"""The choice of the uploader by WAN27_UPLOAD."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidSetting
from .bucket import Bucket
from .cloud import CLOUDS
from .inline import Inline
from .media_port import MediaPort
from .ref_counts import ref_counts_at
from .serve import Serve
from .serving_folder import SERVED
from .uploader import Uploader


def is_public_address(value: str | None) -> bool:
    """Return whether a value of WAN27_UPLOAD means that media are served from this machine."""
    return (value or "").strip().partition("://")[0].lower() in {"http", "https"}


def choose_uploader(
    value: str | None,
    timeout_seconds: float,
    serving: Path,
    certificate: Path | None = None,
    port: MediaPort | None = None,
) -> Uploader:
    """Return the uploader for a value of WAN27_UPLOAD; unset means inside the request.

    `timeout_seconds` is WAN27_TIMEOUT, `serving` the folder that ComfyUI serves, `certificate` the
    file of its TLS certificate, None for none, and `port` that of WAN27_SERVE_PORT. Raises
    `InvalidSetting`.
    """
    if value is None or not value.strip():
        return Inline()
    scheme = value.strip().partition("://")[0]
    if scheme in CLOUDS:
        return Bucket.from_url(value.strip(), timeout_seconds=timeout_seconds, is_shared=True)
    if is_public_address(value):
        return Serve(value, serving, ref_counts_at(SERVED), certificate, port)
    # The value is not quoted: it may contain a key.
    raise InvalidSetting(
        "The setting WAN27_UPLOAD cannot be used: set it to s3://bucket/prefix, gs://bucket/prefix"
        " or az://container/prefix, or to the public address of this ComfyUI (https://…), or unset"
        " it to send images inside the request."
    )


def open_bucket(place: str) -> Uploader:
    """Return the uploader of another bucket than that of WAN27_UPLOAD, to delete what is in it.

    Raises `InvalidSetting`.
    """
    return Bucket.from_url(place, is_shared=True)
