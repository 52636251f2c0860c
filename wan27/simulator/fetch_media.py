"""Fetch the media of a request as the host must: http(s) for all, `data:` for images only.

Who fetches, with which redirects and timeouts, is not documented; this is strict but not hostile.
Local addresses are allowed, since the simulator runs beside its client.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import aiohttp
from yarl import URL

from .. import limits
from .check_media import IMAGE_ROLES, check_medium, too_large
from .error_answer import invalid_body, invalid_field

_TIMEOUT_SECONDS = 30
_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
# Upstream takes data:{MIME};base64,… for images of these types:
# https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference
_DATA_URL = re.compile(
    r"data:image/(?:jpeg|jpg|png|bmp|webp);base64,(?P<base64>[A-Za-z0-9+/]*={0,2})", re.IGNORECASE
)


async def fetch_media(
    session: aiohttp.ClientSession, urls: Mapping[str, str | Path], folder: Path
) -> dict[str, Path]:
    """Return the checked files of role -> URL, or file, as role -> path in `folder`.

    Raises ErrorAnswer (400) for the first one that cannot be used, and then leaves no file.
    """
    media = {role: folder / f"{uuid.uuid4()}-{role}" for role in urls}
    try:
        for role, url in urls.items():
            if isinstance(url, Path):
                await asyncio.to_thread(_copy, role, url, media[role])
            else:
                await _fetch(session, role, url, media[role])
            await asyncio.to_thread(check_medium, role, media[role])
    except BaseException:
        discard(media.values())
        raise
    return media


def discard(files: Iterable[Path]) -> None:
    """Delete media that are no longer needed."""
    for path in files:
        path.unlink(missing_ok=True)


def _copy(role: str, uploaded: Path, path: Path) -> None:
    if uploaded.stat().st_size > limits.MEDIA[role].max_bytes:
        raise too_large(role)
    shutil.copyfile(uploaded, path)


async def _fetch(session: aiohttp.ClientSession, role: str, url: str, path: Path) -> None:
    field = limits.MEDIA[role].field
    if url[:5].lower() == "data:":
        await asyncio.to_thread(_decode_data_url, role, url, path)
    elif not url.lower().startswith(("http://", "https://")) or re.search(r"[\s\x00-\x1f]", url):
        raise invalid_field(field, url, "must be a URL that begins with http:// or https://")
    else:
        try:
            await _download(session, role, url, path)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError) as error:
            rule = f"could not be downloaded: {error or type(error).__name__}"
            raise invalid_field(field, url, rule) from error


def _decode_data_url(role: str, url: str, path: Path) -> None:
    field = limits.MEDIA[role].field
    if role not in IMAGE_ROLES:
        rule = "must be an http(s) URL; only images may come as data: URLs"
        raise invalid_field(field, url, rule)
    match = _DATA_URL.fullmatch(url)
    if not match:
        raise invalid_field(field, url, "must be data:image/jpeg, png, bmp or webp in base64")
    try:
        content = base64.b64decode(match["base64"], validate=True)
    except binascii.Error as error:
        raise invalid_field(field, url, f"is not base64: {error}") from error
    if len(content) > limits.MEDIA[role].max_bytes:
        raise too_large(role)
    path.write_bytes(content)


async def _download(session: aiohttp.ClientSession, role: str, url: str, path: Path) -> None:
    # A URL that is percent-encoded already is used byte for byte: it may be signed.
    address = URL(url, encoded=url.isascii())
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with session.get(address, timeout=timeout, max_redirects=_REDIRECTS) as response:
        if response.status != 200:
            field = limits.MEDIA[role].field
            problem = f"HTTP {response.status} from {address.host}"
            raise invalid_body(f"{field} could not be downloaded: {problem}")
        written = 0
        with path.open("wb") as file:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                written += len(chunk)
                if written > limits.MEDIA[role].max_bytes:
                    raise too_large(role)
                file.write(chunk)
