"""The error for a Python package that is missing, broken or too old, with advice that helps for it.

Three kinds: packages of this pack's `requirements.txt`; packages that ComfyUI needs too; parts of
Python itself, which no package brings.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..wan27.errors import NotInstalled
from .status.events import NodeRef, node_ref, send_error

_FILE = Path(__file__).parent.parent / "requirements.txt"
_PACK = __name__.removesuffix(".host.missing_packages")
_NAMES = {"PIL": "Pillow"}  # by the name of the import: the package, where its name differs
_OLDEST = {"av": (14, 2), "httpx": (0, 27)}  # av: that of the oldest ComfyUI of this pack


@contextmanager
def explain_missing_packages() -> Iterator[None]:
    """Raise `NotInstalled` if an import inside the block fails because of a package.

    A broken package may raise anything: an `ImportError`, an `AttributeError` where it is older
    than the one that uses it, a `ValueError` where it was compiled for another NumPy.
    """
    try:
        yield
    except Exception as error:
        package = _package_of(error)
        if package is None:
            raise  # a file of this pack, or no import: installing packages would not help
        raise NotInstalled(_message(package, error)) from error


def _package_of(error: Exception) -> str | None:
    """Return the name of the package whose import failed, None if it was no import of one."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__")) for frame in frames]
    if isinstance(error, ImportError):
        name = error.name
    elif "importlib._bootstrap" not in modules:
        return None
    else:
        obj = getattr(error, "obj", None)  # of an AttributeError
        name = obj.__name__ if isinstance(obj, ModuleType) else None
    foreign = [each for each in modules if not _is_ours(each) and not each.startswith("importlib.")]
    name = name or next(reversed(foreign), None)
    if name is None or _is_ours(name):
        return None
    return name.split(".")[0]


def _is_ours(module: str) -> bool:
    return module == _PACK or module.startswith(f"{_PACK}.")


def _message(package: str, error: Exception) -> str:
    if package in sys.stdlib_module_names:
        return (
            f"The Python that runs ComfyUI ({sys.executable}) lacks its own part {package}"
            f" ({_reason(error)}), so nothing was sent. No package brings it: run ComfyUI with"
            " another Python, such as that of python.org or of your Linux distribution."
        )
    name = _NAMES.get(package, package)
    if not isinstance(error, ModuleNotFoundError) or (error.name or "") != package:
        return _broken(name, _version(package), _reason(error))
    start = f"The Python package {name} is not installed, so nothing was sent. "
    if package == "torch":
        return f"{start}It is a part of ComfyUI: install ComfyUI again as its README says."
    ours = re.findall(r"^[\w-]+", _FILE.read_text(encoding="utf-8"), re.MULTILINE)
    what = f"-r {_quoted(str(_FILE))}" if package in ours else name
    return f"{start}{_install(what)}"


def _broken(name: str, version: str, reason: str) -> str:
    start = (
        f"The Python package {name}{version} does not work here ({reason}), so nothing was sent."
    )
    if name == "torch":
        return f"{start} It is a part of ComfyUI: install ComfyUI again as its README says."
    # A package that was compiled for NumPy 1 cannot use NumPy 2; there may be no newer one.
    is_for_numpy_1 = "NumPy 1" in reason or "Numpy is not available" in reason
    what = '"numpy<2"' if is_for_numpy_1 else f"--force-reinstall {name}"
    return f"{start} {_install(what)}"


def _install(what: str) -> str:
    """Return the advice with a command that works for this Python.

    ComfyUI's desktop app has no pip and comes with uv; the portable one must not see the packages
    of another Python of the user (-s).
    """
    python = Path(sys.executable or "python")
    if not any(Path(folder, "pip").is_dir() for folder in sys.path):
        command = f"uv pip install --python {_quoted(str(python))} {what}".replace(
            "--force-reinstall", "--reinstall"
        )
    else:
        isolated = " -s" if python.parent.name == "python_embeded" else ""
        command = f"{_quoted(str(python))}{isolated} -m pip install {what}"
    return f"Install it into the Python that runs ComfyUI, then restart ComfyUI: {command}"


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"


def _version(package: str) -> str:
    """Return " 12.3.0", "" where it is unknown."""
    version = getattr(sys.modules.get(package), "__version__", None)
    return f" {version}" if isinstance(version, str) else ""


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _refuse_unusable() -> None:
    """Raise `NotInstalled` for a package whose import succeeds and whose calls would fail later."""
    try:
        sys.modules["torch"].zeros(1).numpy()
    except RuntimeError as error:  # torch and NumPy do not fit together
        raise NotInstalled(_broken("numpy", _version("numpy"), _reason(error))) from error
    for package, oldest in _OLDEST.items():
        numbers = re.findall(r"\d+", _version(package))[:2]
        if len(numbers) == 2 and tuple(map(int, numbers)) < oldest:
            needed = ".".join(map(str, oldest))
            raise NotInstalled(
                _broken(_NAMES.get(package, package), _version(package), f"{needed} is needed")
            )


@contextmanager
def node_imports(hidden: Any) -> Iterator[NodeRef]:
    """Yield the node for which the block imports packages.

    Raise `NotInstalled`, and send it to the page, if one is missing, broken or too old.
    """
    node = node_ref(hidden)
    try:
        with explain_missing_packages():
            yield node
        _refuse_unusable()
    except NotInstalled as error:
        send_error(node, error)
        raise
