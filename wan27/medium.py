"""What a job carries besides its words: local bytes, or an address that the user gave.

Free of torch and Pillow, so that the paid path can be imported and tested without either; `media/` makes these from tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".wav": "audio/wav", ".mp3": "audio/mpeg"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as a file, PNG or JPEG.

    `sha256` is taken over size and RGB pixels, never over the file: a newer Pillow compresses differently, and the same picture must
    stay the same request, or it would be bought again. `small` is a small copy as a JPEG file, for the eye and for `media/matrix.py`; it is
    no part of what the picture is.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    sha256: str
    small: bytes = field(default=b"", repr=False)
    content_type: str = "image/png"

    @property
    def identity(self) -> str:
        """What the picture is, for the fingerprint of a job."""
        return self.sha256


@dataclass(frozen=True, slots=True)
class Recording:
    """A clip or a sound on this computer, checked against the API's limits as far as that goes before it is encoded.

    `make` returns the file to send, and encodes it where it must be: only once the request is known to be new. It blocks, calls what it is
    given often, and raises `InvalidInput` where the made file breaks a limit. `original` is the user's own file where that is sent as it
    is, else None.

    `sha256` is taken over what it is made from (pixels, samples, or a file and its window), never over an encoded file: another encoder
    writes other bytes, and the same clip must stay the same request. `small` is a small copy of a clip's first picture (`media/small.py`).
    """

    make: Callable[[Callable[[], None]], Path] = field(repr=False)
    seconds: float
    sha256: str
    original: Path | None = None
    small: bytes = field(default=b"", repr=False)

    @property
    def identity(self) -> str:
        """What the recording is, for the fingerprint of a job."""
        return self.sha256


def content_type_of(path: Path) -> str:
    """The type of a recording's file by its name; a clip without a name that tells is an mp4, or it would have been encoded to one."""
    return _TYPES.get(path.suffix.lower(), "video/mp4")


@dataclass(frozen=True, slots=True)
class Link:
    """A public address given by the user in place of bytes. Its content is unknown here, so the address itself is its identity."""

    url: str

    @property
    def identity(self) -> str:
        """The whole address: another query may be another file."""
        return self.url


Medium = Picture | Recording | Link
