"""The environment and the folders of a ComfyUI server that is started for the demo or a test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACK_FOLDER = "ComfyUI-Wan-27"

# Nothing that a developer has set up may reach a server: a key would make a test spend money, a
# proxy would see its traffic.
_DROPPED_PREFIXES = ("WAN27_", "COMFYUI_", "AWS_", "AZURE_", "GOOGLE_", "PYTEST_", "COV_")
_DROPPED_SUFFIXES = ("_API_KEY", "_TOKEN", "_PROXY")
_DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
_OUTPUT = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
_NOT_COPIED = (".git", "demo", "dist", "__pycache__", ".*_cache", ".hypothesis", "node_modules")


def scrubbed_environment() -> dict[str, str]:
    """Return this process's environment without keys, our settings, proxies and Python paths."""
    kept = {name: value for name, value in os.environ.items() if not _is_dropped(name.upper())}
    return kept | _OFFLINE | _OUTPUT


def _is_dropped(name: str) -> bool:
    is_named = name in _DROPPED or name.startswith(_DROPPED_PREFIXES)
    return is_named or name.endswith(_DROPPED_SUFFIXES)


def prepare_base(base: Path, packs: dict[str, Path]) -> None:
    """Make a `--base-directory` with these node packs, from folder name to source."""
    for name in ("custom_nodes", "input", "output", "temp", "user", "models"):
        (base / name).mkdir(parents=True, exist_ok=True)
    for name, source in packs.items():
        link_folder(source, base / "custom_nodes" / name)


def link_folder(source: Path, target: Path) -> None:
    """Link `target` to `source`, or copy it if links are not allowed, as often on Windows."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source, target_is_directory=True)
    except OSError:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))


def unlink_packs(base: Path) -> None:
    """Remove the links to node packs: a base inside the checkout would contain itself."""
    for link in (base / "custom_nodes").iterdir():
        if link.is_symlink():
            link.unlink()
