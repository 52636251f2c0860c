"""Reading an answer of the API, whatever is sent: never more than its size on the wire and in memory."""

from __future__ import annotations

import zlib

import httpx

from ..errors import UnexpectedAnswer

MAX_BYTES = 1024 * 1024
_ZLIB_OR_GZIP = 47  # zlib's own number for "look at the header"


async def read_answer(response: httpx.Response) -> bytes:
    """Return the body, unpacked. Raises `UnexpectedAnswer` where it is larger than any answer of this API, or cannot be unpacked."""
    whole = bytearray()
    # Raw: the library would unpack each chunk whole, and a few bytes can unpack to gigabytes.
    async for chunk in response.aiter_raw():
        whole += chunk
        _check_size(len(whole))
    return unpack(bytes(whole), response.headers.get("content-encoding", ""))


def unpack(body: bytes, encoding: str) -> bytes:
    """Return the plain bytes. We ask for an answer that is not packed, but a gateway in between may pack it all the same."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise UnexpectedAnswer("The host's answer is packed in a way that was not asked for.")
    try:
        plain = zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise UnexpectedAnswer("The host's answer is said to be packed, and cannot be unpacked.") from None
    _check_size(len(plain))
    return plain


def _check_size(number: int) -> None:
    if number > MAX_BYTES:
        raise UnexpectedAnswer("The host's answer is larger than 1 MB, which no answer of this API is.")
