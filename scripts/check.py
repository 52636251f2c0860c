"""Check style and types: ruff, its formatter, and mypy in strict mode."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .environment import ROOT, link_folder
from .python import SetupFailed
from .tools import prepare_if_possible, tools_python

_PACK = ("wan27", "host", "nodes")
_WORKSHOP = ("scripts", "benchmarks", "drawing")
_MYPY = ("--config-file", str(ROOT / "pyproject.toml"), "--follow-imports", "silent")


def main() -> int:
    """Run all of them even where one fails; return 0 only if none does."""
    try:
        comfyui = prepare_if_possible()
        python = tools_python(comfyui)
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    codes = [_run(python, "ruff", "check", "."), _run(python, "ruff", "format", "--check", ".")]
    codes.append(_check_pack(python, comfyui.folder / "comfy_api" if comfyui else None))
    return max(*codes, _check_workshop(python))


def _check_pack(python: Path, comfy_api: Path | None) -> int:
    """Run mypy on the pack, under a name that is an identifier."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        link_folder(ROOT, folder / "pack")
        if comfy_api:
            # Only this package of ComfyUI is typed; reading the rest takes half a minute.
            link_folder(comfy_api, folder / "types" / "comfy_api")
        targets = ["pack/__init__.py", *(f"pack/{name}" for name in _PACK)]
        env = os.environ | {"MYPYPATH": "types"}
        return _run(python, "mypy", *_cache("pack"), *_MYPY, *targets, cwd=folder, env=env)


def _check_workshop(python: Path) -> int:
    """Run mypy on what is not part of the pack, and imports it as `wan27`."""
    packages = [word for name in _WORKSHOP for word in ("-p", name)]
    flags = (*_cache("workshop"), *_MYPY, "--explicit-package-bases")
    return _run(python, "mypy", *flags, *packages, env=os.environ | {"MYPYPATH": str(ROOT)})


def _cache(name: str) -> tuple[str, str]:
    return "--cache-dir", str(ROOT / ".mypy_cache" / name)


def _run(
    python: Path,
    tool: str,
    *arguments: str,
    cwd: Path = ROOT,
    env: os._Environ[str] | dict[str, str] = os.environ,
) -> int:
    print(f"{tool} {arguments[0]}" if tool == "ruff" else tool, file=sys.stderr, flush=True)
    return subprocess.run(
        [str(python), "-m", tool, *arguments], cwd=cwd, env=env, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
