"""Names of objects, and who still needs them.

A name is 128 random bits: it tells nothing of the content and cannot be guessed even by one who has
it. It stays the same while a task holds the content, and is never used again afterwards. So a late
delete can only hit what nobody needs, in this process or another; a name made from the content
would let one task delete the picture that another is about to read.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
}
NAME = re.compile(rf"[0-9a-f]{{32}}({'|'.join(map(re.escape, SUFFIXES.values()))})")


@dataclass(slots=True)
class StoredObject:
    """An object's name, whether it was seen whole in the bucket, and for how many tasks it is there."""

    name: str
    whole: bool = False
    holders: int = 0


class RefCounts:
    """What this process keeps in a bucket.

    Nothing here waits, so it is consistent between any two awaits.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], StoredObject] = {}

    def take(self, content_hash: str, content_type: str) -> StoredObject:
        """Hold the content once more, under a new name where nobody does.

        Called before any wait, so that no other task's end deletes it.
        """
        held = self._held.setdefault(
            (content_hash, content_type),
            StoredObject(secrets.token_hex(16) + SUFFIXES[content_type]),
        )
        held.holders += 1
        return held

    def release(self, name: str, *, needed: bool = False) -> bool:
        """Let go of a name once; True where it may be deleted: nobody here holds it any more.

        A name that nobody here ever held was left by an earlier process; `needed` says whether
        another task of its still lives.
        """
        key = next((key for key, held in self._held.items() if held.name == name), None)
        if key is None:
            return not needed
        self._held[key].holders -= 1
        if self._held[key].holders > 0:
            return False
        del self._held[key]
        return True


def name_in(url_or_name: str) -> str | None:
    """The object's name in an address or path; None where it is none of ours."""
    name = urlsplit(url_or_name).path.rpartition("/")[2]
    return name if NAME.fullmatch(name) else None
