"""The error for a Python package of `requirements.txt` that is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..wan27.errors import NotInstalled
from .status.events import NodeRef, node_ref, send_error

_FILE = Path(__file__).parent.parent / "requirements.txt"
_PACK = __name__.removesuffix(".host.missing_packages")


@contextmanager
def explain_missing_packages() -> Iterator[None]:
    """Raise `NotInstalled` if an import inside the block does not find a package."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(_PACK):
            raise  # a file of this pack: installing packages would not help
        raise NotInstalled(
            f"The Python package {error.name} is not installed, so nothing was sent. Install it"
            " into the Python that runs ComfyUI, then restart ComfyUI:"
            f" {_quoted(sys.executable or 'python')} -m pip install -r {_quoted(str(_FILE))}"
        ) from error


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


@contextmanager
def node_imports(hidden: Any) -> Iterator[NodeRef]:
    """Yield the node for which the block imports packages.

    Raise `NotInstalled`, and send it to the page, if one is missing.
    """
    node = node_ref(hidden)
    try:
        with explain_missing_packages():
            yield node
    except NotInstalled as error:
        send_error(node, error)
        raise
