"""Folders that are expensive to make, made once: in the user's cache, safe against crashes and against two makers at once."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from .lock import locked

_READY = "ready"


def cache_folder() -> Path:
    """Return where everything is kept: `WAN27_CACHE`, else the folder that the system has for caches."""
    if chosen := os.environ.get("WAN27_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
            / "wan27"
            / "cache"
        )
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wan27"


def cached(name: str, ingredients: object, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` fills, made only where none with these (JSON) ingredients is there yet.

    It is made at its final place, since a virtual environment cannot be moved, and counts only once its `ready` file is there.
    """
    folder = cache_folder() / f"{name}-{_key(ingredients)}"
    if not (folder / _READY).exists():
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not (folder / _READY).exists():
                _make_anew(folder, make)
    return folder


def _make_anew(folder: Path, make: Callable[[Path], None]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    make(folder)
    (folder / _READY).touch()


def _key(ingredients: object) -> str:
    machine = [sys.version_info[:2], sys.base_prefix, platform.system(), platform.machine()]
    return hashlib.sha256(json.dumps([machine, ingredients]).encode()).hexdigest()[:12]
