"""What this pack needs beyond ComfyUI, and what a person reads where it was never installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..wan27.errors import NotInstalled
from .status.events import Place, node_failed, place_of

_FILE = Path(__file__).parent.parent / "requirements.txt"
_PACK = __name__.removesuffix(".host.missing_packages")


@contextmanager
def required() -> Iterator[None]:
    """Imports inside the block raise `NotInstalled`, with the command that helps, where a package is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(_PACK):
            raise  # a file of our own: another installation would not help
        raise NotInstalled(
            f"The Python package {error.name} is missing, so nothing was sent. Install it into the"
            " Python that runs ComfyUI, then restart ComfyUI:"
            f" {_quoted(sys.executable or 'python')} -m pip install -r {_quoted(str(_FILE))}"
        ) from error


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


@contextmanager
def installed(hidden: Any) -> Iterator[Place]:
    """Yield the node's place.

    Raise `NotInstalled`, and tell the page so, where an import inside the block finds a package
    missing.
    """
    place = place_of(hidden)
    try:
        with required():
            yield place
    except NotInstalled as error:
        node_failed(place, error)
        raise
