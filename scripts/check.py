"""Check style and types: ruff, its formatter, and mypy in strict mode."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .cache import cache_folder
from .environment import ROOT, link_folder
from .python import SetupFailed
from .tools import prepare_if_possible, tools_python

_PACK = ("__init__.py", "wan27", "host", "nodes")
_WORKSHOP = ("scripts", "benchmarks", "drawing")
_IMPORTED = ("wan27", "tests")  # by the workshop


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
    links = {"pack": ROOT}
    if comfy_api:
        # Only this package of ComfyUI is typed; reading the rest takes half a minute.
        links["types/comfy_api"] = comfy_api
    return _mypy(python, links, [f"pack/{name}" for name in _PACK], MYPYPATH="types")


def _check_workshop(python: Path) -> int:
    """Run mypy on what is not part of the pack, and imports it as `wan27`."""
    links = {name: ROOT / name for name in (*_WORKSHOP, *_IMPORTED)}
    return _mypy(python, links, [word for name in _WORKSHOP for word in ("-p", name)])


def _mypy(python: Path, links: dict[str, Path], targets: list[str], **env: str) -> int:
    """Run mypy in a folder of links, so that its cache is right for every checkout."""
    flags = ["--config-file", str(ROOT / "pyproject.toml"), "--follow-imports", "silent"]
    flags += ["--cache-dir", str(cache_folder() / "mypy")]
    with tempfile.TemporaryDirectory() as temporary:
        for name, target in links.items():
            link_folder(target, Path(temporary) / name)
        return _run(python, "mypy", *flags, *targets, cwd=Path(temporary), env=env)


def _run(
    python: Path, tool: str, *arguments: str, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> int:
    print(f"{tool} {arguments[0]}" if tool == "ruff" else tool, file=sys.stderr, flush=True)
    command = [str(python), "-m", tool, *arguments]
    return subprocess.run(command, cwd=cwd, env=os.environ | (env or {}), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
