"""What a job carries besides its words: local bytes, or an address that the user gave.

Free of torch and Pillow, so that the paid path can be imported and tested without either; `media/`
makes these from tensors.
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
    """One picture as a file, PNG or JPEG.

    `content_hash` is taken over size and RGB pixels, never over the file: a newer Pillow compresses
    differently, and the same picture must stay the same request, or it would be bought again.
    `thumbnail` is a small copy as a JPEG file, for the eye and for `media/matrix.py`; it is no part
    of what the picture is.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    content_hash: str
    thumbnail: bytes = field(default=b"", repr=False)
    content_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class DeferredMedia:
    """A clip or a sound on this computer, checked against the API's limits as far as that goes before it is encoded.

    `make` returns the file to send, and encodes it where it must be: only once the request is known
    to be new. It blocks, calls what it is given often, and raises `InvalidInput` where the made
    file breaks a limit. `original` is the user's own file where that is sent as it is, else None.

    `content_hash` is taken over what it is made from (pixels, samples, or a file and its window),
    never over an encoded file: another encoder writes other bytes, and the same clip must stay the
    same request. `thumbnail` is a small copy of a clip's first picture (`media/small.py`).
    """

    make: Callable[[Callable[[], None]], Path] = field(repr=False)
    seconds: float
    content_hash: str
    original: Path | None = None
    thumbnail: bytes = field(default=b"", repr=False)


def content_type_of(path: Path) -> str:
    """The type of a recording's file by its name; a clip without a name that tells is an mp4, or it would have been encoded to one."""
    return _TYPES.get(path.suffix.lower(), "video/mp4")


@dataclass(frozen=True, slots=True)
class Link:
    """A public address given by the user in place of bytes.

    Its content is unknown here, so the address itself is its identity.
    """

    url: str

    @property
    def content_hash(self) -> str:
        """The whole address: another query may be another file."""
        return self.url


Medium = ImageFile | DeferredMedia | Link


_API_BYTES = MEDIA["first_frame"].max_bytes
_NODE_PIXELS = 1024 * 1024  # a megapixel of the node "Scale Image to Total Pixels",
_NODE_MOST = 16.0  # and the most it can be set to
# A smaller picture of the same scene has more detail in each pixel: its PNG shrinks as the pixels
# to the power of 3/4, and a little less. Of 129 pictures above 1.2 bytes a pixel, scaled to 0.3,
# 0.5 and 0.8 of their pixels in three ways, 95 % and more fit so.
_POWER, _CAUTION = 4 / 3, 0.93


def too_large(
    name: str,
    file_bytes: int,
    most_bytes: int,
    *,
    content_type: str = "image/png",
    pixels: tuple[int, int] | None = None,
) -> InvalidInput:
    """The error for a picture of `file_bytes` where `most_bytes` are possible; `pixels` is (width, height), None where that is not known."""
    kind, inline = content_type.rpartition("/")[2].upper(), most_bytes < _API_BYTES
    limit = (
        f"{'at most' if inline else 'the API takes at most'} {most_bytes // MEGABYTE}"
        f" MB{' can be sent inside a request' if inline else ''}"
    )
    ways = [_scale(file_bytes, most_bytes, pixels)]
    if inline and file_bytes <= _API_BYTES:
        ways.append(
            f"set WAN27_UPLOAD to a bucket of yours, which takes {_API_BYTES // MEGABYTE} MB"
        )
    if kind == "PNG":
        ways.append(
            "set WAN27_JPEG=1, which sends such pictures as JPEG: full size, and a little loss"
        )
    said = ways[0] + "".join(f"; or {way}" for way in ways[1:])
    return InvalidInput(
        name, f"is {file_bytes / MEGABYTE:.1f} MB as {kind}; {limit}. {said}. Nothing was sent."
    )


def _scale(file_bytes: int, most_bytes: int, pixels: tuple[int, int] | None) -> str:
    node = '"Scale Image to Total Pixels"'
    if pixels is None:
        return f"Make it smaller with {node} (2 megapixels are all that 1080P shows)"
    width, height = pixels
    fitting = width * height * (most_bytes / file_bytes) ** _POWER * _CAUTION / _NODE_PIXELS
    megapixels = min(math.floor(fitting * 100) / 100, _NODE_MOST)
    shrink = math.sqrt(megapixels * _NODE_PIXELS / (width * height))
    size = f"{round(width * shrink)} × {round(height * shrink)}"
    return (
        f"Make it smaller with {node}: megapixels {megapixels:g} gives {size}, which should fit (2"
        " are all that 1080P shows)"
    )
