"""Check style and types: ruff, its formatter, and mypy in strict mode."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .environment import ROOT, link_folder
from .python import SetupFailed
from .tools import prepare_or_say, tools_python

_TYPED = ("wan27", "host", "nodes", "scripts")


def main() -> int:
    """Run all three even where one fails, and return 0 only where all are content."""
    try:
        comfyui = prepare_or_say()
        python = tools_python(comfyui)
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    codes = [_run(python, "ruff", "check", "."), _run(python, "ruff", "format", "--check", ".")]
    codes.append(_check_types(python, comfyui.folder / "comfy_api" if comfyui else None))
    return max(codes)


def _check_types(python: Path, comfy_api: Path | None) -> int:
    """Run mypy on the checkout under a name that is an identifier: mypy takes the folder for the package, whatever a user called it."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        link_folder(ROOT, place / "pack")
        if comfy_api:
            # Only this package of ComfyUI is typed; the rest would be read for half a minute to no end.
            link_folder(comfy_api, place / "types" / "comfy_api")
        flags = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"), "--follow-imports", "silent"]
        targets = ["pack/__init__.py", *(f"pack/{name}" for name in _TYPED)]
        present = [target for target in targets if (place / target).is_file() or any((place / target).rglob("*.py"))]
        return _run(python, "mypy", *flags, *present, cwd=place, env=os.environ | {"MYPYPATH": "types"})


def _run(python: Path, tool: str, *arguments: str, cwd: Path = ROOT, env: os._Environ[str] | dict[str, str] = os.environ) -> int:
    print(f"{tool} {arguments[0]}" if tool == "ruff" else f"{tool} --strict", file=sys.stderr, flush=True)
    return subprocess.run([str(python), "-m", tool, *arguments], cwd=cwd, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
