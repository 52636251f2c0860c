"""The sidecar: `<task_id>.json` beside `<task_id>.mp4` says what the video is.

People and asset managers can read it, and a lost journal can be made again from it. It has no key
and no signed URL. It is trusted for nothing but the file beside it, whose SHA-256 it names, and
never for a path. A `.json` of another program is never overwritten.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import atomic_write, sweep
from ..money import Cost
from .changes import VideoFile
from .entry import Entry, NewEntry
from .states import State

logger = logging.getLogger(__name__)

_VERSION = 1
_MAX_BYTES = 256 * 1024  # a larger file is not one of ours
_CHUNK_BYTES = 1024 * 1024
_ABANDONED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """A video that its sidecar describes: its request, its task and the file."""

    request: NewEntry
    task_id: str
    video: Path
    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file. Blocking."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write(video: Path, entry: Entry, file: VideoFile) -> None:
    """Write the sidecar of a finished entry. What cannot be written fails no paid task."""
    path = video.with_suffix(".json")
    try:
        if path.exists() and _read(path) is None:
            return
        content = {
            "wan27": _VERSION,
            "task_id": entry.task_id,
            "host": entry.host,
            "fingerprint": entry.fingerprint,
            "mode": entry.mode,
            "parameters": dict(entry.parameters),
            "cost": "" if entry.cost is None else entry.cost.stored,
            "created": entry.created,
            "finished": entry.updated,
            "size": file.size,
            "sha256": file.sha256,
        }
        with atomic_write(path) as target:
            target.write(json.dumps(content, ensure_ascii=False, indent=2).encode())
        sweep(path.parent, f"{path.name}.*.part", _ABANDONED_SECONDS)  # of a killed writer
    except OSError as error:
        logger.warning("Wan 2.7: the sidecar of %s could not be written (%s).", video, error)


def is_recorded(entry: Entry, video: Path) -> bool:
    """Return True where the entry and the sidecar of a video are complete and of one request.

    False where a crash or an older journal left something out, or an id was given.
    """
    is_complete = entry.state is State.FINISHED and bool(entry.sha256)
    found = read(video)
    is_same = found is None or found.request.fingerprint == entry.fingerprint
    return is_complete and is_same and video.with_suffix(".json").exists()


def find(
    folder: Path, requests: Mapping[str, str], is_known: Callable[[str], bool]
) -> Found | None:
    """Return the video of one of these requests, host ids by fingerprint, checked by its SHA-256.

    Blocking: it reads each sidecar once, but none of a video whose name `is_known` to the journal.
    """
    names: list[str] = []
    wanted = set(requests.items())
    with contextlib.suppress(OSError):  # what is wrong with the folder is said where it is made
        names = os.listdir(folder)  # noqa: PTH208 - a Path each is slow for a hundred thousand
    sidecars = (each for each in names if each.endswith(".json"))
    for name in sorted(each for each in sidecars if not is_known(f"{each[:-5]}.mp4")):
        path = folder / name
        if _request(path, _changed(path)) in wanted and (found := _checked(path)):
            return found
    return None


def _checked(path: Path) -> Found | None:
    """Return what a sidecar describes, None if the video beside it has other bytes."""
    found = read(path.with_suffix(".mp4"))
    with contextlib.suppress(OSError):
        if (
            found is not None
            and found.video.stat().st_size == found.size
            and sha256_of(found.video) == found.sha256
        ):
            return found
    return None


def read(video: Path) -> Found | None:
    """Return what the sidecar of a video says, None without one. The file is not checked."""
    content = _read(video.with_suffix(".json"))
    return None if content is None else _found(content, video)


def _found(content: dict[str, Any], video: Path) -> Found:
    request = NewEntry(
        fingerprint=content["fingerprint"],
        host=content["host"],
        mode=str(content.get("mode", "")),
        parameters=content["parameters"],
        cost=Cost.parse(str(content.get("cost", ""))),
    )
    return Found(request, content["task_id"], video, content["size"], content["sha256"])


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=100_000)
def _request(path: Path, _changed_ns: int) -> tuple[str | None, str] | None:
    content = _read(path)
    return None if content is None else (content["fingerprint"], content["host"])


def _read(path: Path) -> dict[str, Any] | None:
    """Return the content of a sidecar of ours, None for any other file."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("wan27") != _VERSION:
        return None
    texts = all(isinstance(content.get(name), str) for name in ("task_id", "host", "sha256"))
    is_ours = texts and isinstance(content.get("size"), int)
    has_request = isinstance(content.get("fingerprint"), str | None)
    return (
        content if is_ours and has_request and isinstance(content.get("parameters"), dict) else None
    )
