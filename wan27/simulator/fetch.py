"""Pulls the media of a request itself, as the real host must: http(s) for all, `data:` for pictures only, under size caps and a time limit.

Who fetches, with which redirects and time-outs, is documented nowhere (api.md, 9); what is here is strict but not hostile.
A local address is allowed, since the simulator runs beside its client.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from .. import limits
from .refusal import Refusal, shown
from .validate import bad

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_SECONDS = 30
_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
_PICTURE_ROLES = ("first_frame", "last_frame")
# Upstream takes data:{MIME};base64,… for pictures of these types (https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference).
_DATA_URL = re.compile(r"data:image/(?:jpeg|jpg|png|bmp|webp);base64,(?P<base64>[A-Za-z0-9+/]*={0,2})", re.IGNORECASE)


async def fetch_medium(session: aiohttp.ClientSession, role: str, url: str, path: Path) -> None:
    """Write the medium that `url` names to `path`. Raises Refusal (400) for a URL that cannot be used or a file that is too large."""
    field = limits.MEDIA[role].field
    if url[:5].lower() == "data:":
        await asyncio.to_thread(_unpack, role, url, path)
    elif not url.lower().startswith(("http://", "https://")) or re.search(r"[\s\x00-\x1f]", url):
        raise bad(f"{field} (current value: {shown(url)}) must be a URL that begins with http:// or https://")
    else:
        try:
            await _download(session, role, url, path)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError) as error:
            raise bad(f"{field} (current value: {shown(url)}) could not be downloaded: {error or type(error).__name__}") from error


def too_large(role: str) -> Refusal:
    """Return the refusal of a file above the API's limit, in the words for its kind."""
    medium = limits.MEDIA[role]
    reason = (
        "IMAGE_FILE_EXCEEDS_MAX_SIZE"
        if role in _PICTURE_ROLES
        else "INVALID_AUDIO_FILE"
        if role == "driving_audio"
        else "INVALID_REQUEST_BODY"
    )
    return Refusal(400, reason, f"{medium.field} must be a file of at most {medium.max_bytes // limits.MEGABYTE} MB")


def _unpack(role: str, url: str, path: Path) -> None:
    field = limits.MEDIA[role].field
    if role not in _PICTURE_ROLES:
        raise bad(f"{field} (current value: {shown(url)}) must be an http(s) URL; only pictures may come as data: URLs")
    match = _DATA_URL.fullmatch(url)
    if not match:
        raise bad(f"{field} (current value: {shown(url)}) must be data:image/jpeg, png, bmp or webp in base64")
    try:
        content = base64.b64decode(match["base64"], validate=True)
    except binascii.Error as error:
        raise bad(f"{field} (current value: {shown(url)}) is not base64: {error}") from error
    if len(content) > limits.MEDIA[role].max_bytes:
        raise too_large(role)
    path.write_bytes(content)


async def _download(session: aiohttp.ClientSession, role: str, url: str, path: Path) -> None:
    # An address that is percent-encoded already is used byte for byte: it may be signed.
    address = URL(url, encoded=url.isascii())
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with session.get(address, timeout=timeout, max_redirects=_REDIRECTS) as response:
        if response.status != 200:
            raise bad(f"{limits.MEDIA[role].field} could not be downloaded: HTTP {response.status} from {address.host}")
        written = 0
        with path.open("wb") as file:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                written += len(chunk)
                if written > limits.MEDIA[role].max_bytes:
                    raise too_large(role)
                file.write(chunk)
