"""Around a node's import of `host.run`: a package that is missing is an error that a person reads at the node, and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..wan27.errors import NotInstalled
from .events import node_failed
from .place import Place, place_of
from .requirements import required


@contextmanager
def installed(hidden: Any) -> Iterator[Place]:
    """Yield the node's place. Raise `NotInstalled`, and tell the page so, where an import inside the block finds a package missing."""
    place = place_of(hidden)
    try:
        with required():
            yield place
    except NotInstalled as error:
        node_failed(place, error)
        raise
