"""Names of stored objects, and reference counts: how many tasks need each.

A name is 128 random bits: it reveals nothing of the content, and no one can guess it. It stays the
same while a task needs the content, and is never used again after that, so a late deletion can only
hit an object that no task needs, in this process or another. A name made from the content would let
one task delete the image that another is about to read.
"""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
}
_NAME = re.compile(rf"[0-9a-f]{{32}}({'|'.join(map(re.escape, SUFFIXES.values()))})")


def is_object_name(name: str) -> bool:
    """Return whether `name` is the name of an object of this pack."""
    return _NAME.fullmatch(name) is not None


@dataclass(slots=True)
class StoredObject:
    """An object: its name, whether it is complete in the bucket, and how many tasks need it."""

    name: str
    complete: bool = False
    count: int = 0


class RefCounts:
    """The objects that tasks of this process need. Any thread may use it."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], StoredObject] = {}
        self._lock = threading.Lock()

    def acquire(self, content_hash: str, content_type: str) -> StoredObject:
        """Count one more task for the content, under a new name if it is the first.

        Call it before any await, so that the end of another task does not delete the object.
        """
        new = StoredObject(secrets.token_hex(16) + SUFFIXES[content_type])
        with self._lock:
            stored = self._objects.setdefault((content_hash, content_type), new)
            stored.count += 1
        return stored

    def release(self, name: str, *, needed: bool = False) -> bool:
        """Count one task less; return whether the object may be deleted.

        A name without a count here is from an earlier process: for that `needed` decides, whether
        another task in the journal needs it. False for what is no name of an object.
        """
        with self._lock:
            key = next((key for key, stored in self._objects.items() if stored.name == name), None)
            if key is None:
                return not needed and is_object_name(name)
            self._objects[key].count -= 1
            if self._objects[key].count > 0:
                return False
            del self._objects[key]
            return True


_SHARED: dict[str, RefCounts] = {}


def ref_counts_at(place: str) -> RefCounts:
    """Return the counts of this process for what is stored at a place, whoever opens it."""
    return _SHARED.setdefault(place, RefCounts())
