"""Folders that take long to make, made once, in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_READY = "ready"
_WAIT_SECONDS = 3600


def cache_folder() -> Path:
    """Return `WAN27_CACHE`, or a folder of ours in the system's folder for caches."""
    if chosen := os.environ.get("WAN27_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "wan27" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wan27"


def cached(name: str, ingredients: object, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` fills, made only if none with these (JSON) ingredients exists.

    It is made in its final place, since a virtual environment cannot be moved, and is complete when
    it has a `ready` file.
    """
    folder = cache_folder() / f"{name}-{_key(ingredients)}"
    if not (folder / _READY).exists():
        with _locked(folder.with_name(f"{folder.name}.lock")):
            if not (folder / _READY).exists():
                _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    if folder.exists():
        shutil.rmtree(folder)  # left incomplete by a crash
    folder.mkdir(parents=True)
    make(folder)
    (folder / _READY).touch()


def _key(ingredients: object) -> str:
    machine = [sys.version_info[:2], sys.base_prefix, platform.system(), platform.machine()]
    return hashlib.sha256(json.dumps([machine, ingredients]).encode()).hexdigest()[:12]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes, which a crash releases: an SQLite transaction."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, _WAIT_SECONDS, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
