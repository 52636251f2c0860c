"""The media of a job: local bytes, or a URL that the user gave.

No torch and no Pillow here, so that the paid path can be imported and tested without either;
`media/` makes these from tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import InvalidInput
from .limits import MEDIA, MEGABYTE

_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".wav": "audio/wav", ".mp3": "audio/mpeg"}


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image as a PNG or JPEG file, `width` × `height` pixels.

    `content_hash` is of the size and the RGB pixels, not of the file: a newer Pillow compresses
    differently, and the same image must stay the same request, or it would be bought again.
    `thumbnail` is a JPEG file for the page and for finding the color matrix of the result.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    content_hash: str
    thumbnail: bytes = field(default=b"", repr=False)
    content_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class DeferredMedia:
    """A local clip or audio, checked as far as possible before it is encoded.

    `make` returns the file to send, and encodes it if necessary; it is called only for a new
    request. It blocks, calls its argument often (which raises to cancel), and raises `InvalidInput`
    where the encoded file breaks a limit. `original` is the user's own file where it is sent
    unchanged, else None.

    `content_hash` is of the source (pixels, samples, or the packets of a file and its trim range),
    not of an encoded file: another encoder writes other bytes, and the same clip must stay the same
    request. `thumbnail` is a JPEG file of a clip's first frame. `notices` are short texts about
    what breaks no rule but may surprise.
    """

    make: Callable[[Callable[[], None]], Path] = field(repr=False)
    seconds: float
    content_hash: str
    original: Path | None = None
    thumbnail: bytes = field(default=b"", repr=False)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A public URL given by the user. Its content is unknown, so the URL is its identity."""

    url: str

    @property
    def content_hash(self) -> str:
        """The whole URL: another query may be another file."""
        return self.url


Medium = ImageFile | DeferredMedia | Link


def content_type_of(path: Path) -> str:
    """Return the MIME type of a clip or audio file by its suffix.

    A clip with another suffix is an mp4: anything else would have been encoded to one.
    """
    return _TYPES.get(path.suffix.lower(), "video/mp4")


_API_BYTES = MEDIA["first_frame"].max_bytes
_NODE_PIXELS = 1024 * 1024  # a megapixel of the node "Scale Image to Total Pixels",
_NODE_MAX = 16.0  # and the most that its widget accepts
# A smaller image of the same scene has more detail in each pixel: its PNG shrinks as the pixels to
# the power of 3/4, and a little less. Of 129 images above 1.2 bytes a pixel, scaled to 0.3, 0.5 and
# 0.8 of their pixels in three ways, at least 95 % fit with these numbers.
_POWER, _CAUTION = 4 / 3, 0.93


def too_large(
    name: str,
    file_bytes: int,
    max_bytes: int,
    *,
    content_type: str = "image/png",
    pixels: tuple[int, int] | None = None,
) -> InvalidInput:
    """Return the error for an image of `file_bytes` where `max_bytes` are allowed.

    `pixels` is (width, height), None where unknown.
    """
    kind, is_inline = content_type.rpartition("/")[2].upper(), max_bytes < _API_BYTES
    megabytes = max_bytes // MEGABYTE
    limit = (
        f"at most {megabytes} MB can be sent inside a request"
        if is_inline
        else f"the API takes at most {megabytes} MB"
    )
    remedies = [_scale(file_bytes, max_bytes, pixels)]
    if is_inline and file_bytes <= _API_BYTES:
        remedies.append(
            f"set WAN27_UPLOAD to your own bucket, which takes {_API_BYTES // MEGABYTE} MB"
        )
    if kind == "PNG":
        remedies.append("switch on WAN27_JPEG (full size, slightly lossy)")
    return InvalidInput(
        name,
        f"is {file_bytes / MEGABYTE:.1f} MB as {kind}; {limit}. {'; or '.join(remedies)}.",
        switch="WAN27_JPEG" if kind == "PNG" else "",
    )


def _scale(file_bytes: int, max_bytes: int, pixels: tuple[int, int] | None) -> str:
    node = '"Scale Image to Total Pixels"'
    if pixels is None:
        return f"Make it smaller with {node} (1080P shows no more than 2 megapixels)"
    width, height = pixels
    fitting = width * height * (max_bytes / file_bytes) ** _POWER * _CAUTION / _NODE_PIXELS
    megapixels = min(math.floor(fitting * 100) / 100, _NODE_MAX)
    shrink = math.sqrt(megapixels * _NODE_PIXELS / (width * height))
    size = f"{round(width * shrink)} × {round(height * shrink)}"
    return (
        f"Make it smaller with {node}: megapixels {megapixels:g} gives {size}, which should fit"
        " (1080P shows no more than 2)"
    )
