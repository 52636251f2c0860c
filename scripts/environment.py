"""The environment and the folders of a ComfyUI server that is started for the demo or a test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACK_FOLDER = "ComfyUI-Wan-27"

# Nothing a developer has set up may reach a server unasked: a key would make a test spend money, a proxy would see its traffic.
_DROPPED_PREFIXES = ("WAN27_", "COMFYUI_", "AWS_", "AZURE_", "GOOGLE_", "PYTEST_", "COV_")
_DROPPED_SUFFIXES = ("_API_KEY", "_TOKEN", "_PROXY")
_DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
}
_NOT_COPIED = (
    ".git",
    "demo",
    "dist",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "node_modules",
)


def scrubbed_environment() -> dict[str, str]:
    """Copy this process's environment without keys, settings of the pack, proxies and Python paths."""
    return {
        name: value for name, value in os.environ.items() if not _is_dropped(name.upper())
    } | _OFFLINE


def _is_dropped(name: str) -> bool:
    return (
        name in _DROPPED or name.startswith(_DROPPED_PREFIXES) or name.endswith(_DROPPED_SUFFIXES)
    )


def prepare_base(base: Path, packs: dict[str, Path]) -> None:
    """Make a `--base-directory` with the given node packs (folder name → source) in its `custom_nodes`."""
    for name in ("custom_nodes", "input", "output", "temp", "user", "models"):
        (base / name).mkdir(parents=True, exist_ok=True)
    for name, source in packs.items():
        link_folder(source, base / "custom_nodes" / name)


def link_folder(source: Path, target: Path) -> None:
    """Make `source` appear at `target`: a link, or a copy where links are not allowed (Windows without developer mode)."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source, target_is_directory=True)
    except OSError:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))


def unlink_packs(base: Path) -> None:
    """Take the links to node packs out of a base directory again: one below the checkout would make it contain itself."""
    for link in (base / "custom_nodes").iterdir():
        if link.is_symlink():
            link.unlink()
