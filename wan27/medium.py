"""What a job carries besides its words: local bytes, or an address that the user gave.

Free of torch and Pillow, so that the paid path can be imported and tested without either; `media/` makes these from tensors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as a PNG file.

    `sha256` is taken over size and RGB pixels, never over the file: a newer Pillow compresses differently, and the same picture must
    stay the same request, or it would be bought again.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    sha256: str

    content_type = "image/png"

    @property
    def content(self) -> bytes:
        """What is uploaded."""
        return self.data

    @property
    def identity(self) -> str:
        """What the picture is, for the fingerprint of a job."""
        return self.sha256


@dataclass(frozen=True, slots=True)
class Recording:
    """A clip or a sound as a file on this computer, already checked against the API's limits for it.

    `sha256` is taken over what it was made from (pixels, samples, or a file and its window), never over an encoded file: another encoder
    writes other bytes, and the same clip must stay the same request.
    """

    path: Path
    content_type: str
    seconds: float
    sha256: str

    @property
    def content(self) -> Path:
        """What is uploaded."""
        return self.path

    @property
    def identity(self) -> str:
        """What the recording is, for the fingerprint of a job."""
        return self.sha256


@dataclass(frozen=True, slots=True)
class Link:
    """A public address given by the user in place of bytes. Its content is unknown here, so the address itself is its identity."""

    url: str

    @property
    def identity(self) -> str:
        """The whole address: another query may be another file."""
        return self.url


Medium = Picture | Recording | Link
